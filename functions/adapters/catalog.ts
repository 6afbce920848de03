import type { Document } from 'yaml';
import type { CatalogInfo, GithubPort, RepositoryName } from '#contracts/github-port.ts';

/** `catalog-info.yaml` of the default branch; null where there is no file, or it is no YAML mapping. */
export async function readCatalog(
  github: Pick<GithubPort, 'readFile'>,
  repository: RepositoryName,
): Promise<CatalogInfo | null> {
  const text = await github.readFile(repository, 'catalog-info.yaml');
  return text === null ? null : catalogOf(text);
}

/** The first document of a catalog file that names an owner, else the first mapping; null for what is none. */
async function catalogOf(text: string): Promise<CatalogInfo | null> {
  // A third of the bundle, loaded only when a catalog file is there to be read; a bundled CommonJS module has
  // nothing but its default export.
  const { parseAllDocuments } = (await import('yaml')).default;
  const mappings = parseAllDocuments(text, { logLevel: 'silent' }).map(contentOf).filter(isMapping);
  const chosen =
    mappings.find((each) => isMapping(each.spec) && each.spec.owner !== undefined) ?? mappings[0];
  if (!chosen) return null;
  const annotations = isMapping(chosen.metadata) ? chosen.metadata.annotations : undefined;
  return {
    owner: isMapping(chosen.spec) ? chosen.spec.owner : undefined,
    release: isMapping(annotations) ? annotations['openedx.org/release'] : undefined,
  };
}

/** A document's content; undefined for one that is broken or unfolds into more than it says. */
function contentOf(document: Pick<Document, 'errors' | 'toJS'>): unknown {
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
