export { environment } from '#web/env.ts';
