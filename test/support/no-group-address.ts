import example from '../../desk.config.ts';
import type { DeskConfigInput } from '../../lib/desk-config.ts';

const { groupAddress: _, ...mail } = example.mail;

/**
 * The example for a working group without an address of its own, so that a notice to it is one letter to each member;
 * and with mails of 200 KB at most, so that a test can write one that is too large.
 */
export default { ...example, mail: { ...mail, maxOutgoingBytes: 200_000 } } satisfies DeskConfigInput;
