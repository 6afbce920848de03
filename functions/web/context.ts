import type { Clock } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { PageContext } from '#pages/html.ts';

/** What every page says of the desk. */
export function pageContext(deps: { readonly settings: Settings; readonly clock: Clock }): PageContext {
  const { identity, policy } = deps.settings;
  return {
    project: identity.project,
    signature: identity.signature,
    securityAddress: identity.securityAddress,
    zone: policy.zone,
    now: deps.clock.now(),
  };
}
