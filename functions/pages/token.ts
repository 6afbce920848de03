const shape = /v1\.[a-z0-9-]{1,32}\.[A-Za-z0-9_-]{1,1400}\.[A-Za-z0-9_-]{43}/;

/**
 * Does a path lead to the landing page: `/a`, also with whatever a mail program made of the "#" behind it (`/a%23t=…`,
 * `/a%2523…`, `/a%3F…`, `/a/…`)?
 */
export const isLanding = (path: string): boolean => /^\/a(?:$|[^\w-])/.test(path);

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * The token in whatever a mail program made of our link: the bare token, the whole link, a link wrapped by a
 * scanner (its target percent-encoded once or twice in a parameter), a trailing `>`, `=`, quote or full stop.
 * Undefined where there is none. Says nothing about whether the token is right (mail rules, Signed links 11).
 */
export function findToken(text: string): string | undefined {
  const once = decoded(text.slice(0, 8192));
  // Quoted-printable that nobody decoded breaks a line with "=" at its end.
  const candidates = [text, once, decoded(once)].map((each) => each.replace(/=?\r?\n/g, ''));
  return candidates.map((each) => shape.exec(each)?.[0]).find((found) => found !== undefined);
}
