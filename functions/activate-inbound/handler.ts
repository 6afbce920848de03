import { customResource } from '#adapters/custom-resource.ts';
import { createInboundRules } from '#adapters/inbound-rules.ts';
import { activateInbound, deactivateInbound, inboundProperties } from './activate-inbound.ts';

export const handler = customResource(async ({ type, properties }) => {
  const deps = createInboundRules();
  const act = type === 'delete' ? deactivateInbound(deps) : activateInbound(deps);
  await act(inboundProperties.parse(properties));
});
