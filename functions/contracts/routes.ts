/**
 * What of the pages reaches `change-desk`, as routes of the HTTP API; everything else is `open-desk`'s. HEAD goes
 * where GET goes. A path in full comes before a greedy one.
 */
export const changingRoutes = [
  { methods: ['POST'], path: '/{proxy+}' },
  { methods: ['GET', 'HEAD'], path: '/desk/rota/{form}' },
  { methods: ['GET', 'HEAD'], path: '/desk/members/{form}' },
  { methods: ['GET', 'HEAD'], path: '/desk/contacts/{form}' },
  { methods: ['GET', 'HEAD'], path: '/desk/batch/{form}' },
  { methods: ['GET', 'HEAD'], path: '/d/{reference}/confirm-act' },
  { methods: ['GET', 'HEAD'], path: '/d/{reference}/added/{seq}/{index}' },
] as const;

/** The one thing that is sent to `open-desk`: the token of a link, for a session. It changes nothing. */
export const enteringRoute = { methods: ['POST'], path: '/a' } as const;
