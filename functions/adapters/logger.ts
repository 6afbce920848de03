import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '#contracts/log.ts';

/** One structured line a message; only registered messages with ids and numbers (`#contracts/log.ts`). */
export function createLog(): Log {
  const logger = new Logger();
  return (message, fields = {}) => {
    const { level, code } = message;
    logger[level](message.text, { code, ...fields });
  };
}
