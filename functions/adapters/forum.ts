import type { DiscoursePort } from '#contracts/discourse-port.ts';
import type { Settings } from '#contracts/settings.ts';
import { createDiscourse } from './discourse.ts';
import { readSecretFields } from './secrets.ts';

/** The forum of a deployment, and in whose name the desk posts there. */
export interface Forum {
  readonly discourse: DiscoursePort;
  /** Absent where there is no key: people post by a prefilled link. */
  readonly account?: string | undefined;
}

/**
 * Discourse as the deployment configures it, made on first use and kept while the function is warm. Undefined where
 * the configuration names no forum; a port that only reads where it names no key.
 */
export function forumOf(config: {
  readonly settings: Pick<Settings, 'discourse'>;
  readonly secretArn?: string | undefined;
}): (() => Promise<Forum>) | undefined {
  const { discourse } = config.settings;
  if (!discourse) return undefined;
  const make = async (): Promise<Forum> => {
    const { apiKey, apiUsername } = config.secretArn ? await readSecretFields(config.secretArn) : {};
    // Discourse finds a category by its id and leads on from any slug.
    const category = { id: discourse.categoryId, slug: String(discourse.categoryId) };
    const key = apiKey && apiUsername ? { key: apiKey, username: apiUsername } : undefined;
    return { discourse: createDiscourse({ baseUrl: discourse.base, category, key }), account: apiUsername };
  };
  let held: Promise<Forum> | undefined;
  return () => {
    held ??= make().catch((error: unknown) => {
      held = undefined;
      throw error;
    });
    return held;
  };
}
