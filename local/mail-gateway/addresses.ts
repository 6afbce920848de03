/** The domain of a bare address in lower case, or undefined where there is none. */
export function domainOf(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  return at < 0 || at === address.length - 1 ? undefined : address.slice(at + 1).toLowerCase();
}

/** True for the domain itself and every domain below it. */
export const isWithin = (domain: string, parent: string): boolean =>
  domain === parent || domain.endsWith(`.${parent}`);

/**
 * True where the desk takes mail for an envelope recipient: the security address, with or without a
 * `+label`, as an SES receipt rule matches it, and everything at the reply domain.
 */
export function accepts(recipient: string, securityAddress: string, replyDomain: string): boolean {
  const address = recipient.toLowerCase();
  if (domainOf(address) === replyDomain.toLowerCase()) return true;
  return address.replace(/\+[^@]*@/, '@') === securityAddress.toLowerCase();
}
