import { registerHooks } from 'node:module';

/**
 * TypeScript 7 has no JavaScript API, and dependency-cruiser then sees no TypeScript at all ("0 modules, no
 * violations"). Loaded first, this hands it the API of TypeScript 6 under the name it asks for.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      /^typescript(\/|$)/.test(specifier) ? specifier.replace('typescript', 'typescript6') : specifier,
      context,
    ),
});
