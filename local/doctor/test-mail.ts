import { setTimeout as pause } from 'node:timers/promises';
import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import type { DeskStore } from '#contracts/ports.ts';
import { hour, type Instant, plus } from '#domain/instant.ts';
import { nonceHeader, nonceMark } from '../../functions/receive-mail/receive-mail.ts';
import { composeMail, sendMail } from '../mail-gateway/compose.ts';
import type { AwsPlace } from './aws.ts';
import type { TestMail } from './world.ts';

/** Hands a raw mail over, from the security address to itself. */
export type Post = (raw: Buffer, address: string) => Promise<unknown>;

/** Out by SES, in by SES: the whole way that a report takes. */
export const postBySes =
  (place: AwsPlace): Post =>
  (Data, address) =>
    new SESClient(place).send(
      new SendRawEmailCommand({ Source: address, Destinations: [address], RawMessage: { Data } }),
    );

/** In by the mail gateway of this machine. */
export const postBySmtp =
  (port: number): Post =>
  (raw, address) =>
    sendMail(port, raw, { from: address, to: address });

/**
 * A mail that carries a nonce which the record knows to be unused, and so becomes an intake of disposition `test`:
 * answered by nobody, opening nothing.
 */
export function testMail(deps: {
  readonly store: Pick<DeskStore, 'mark' | 'setMark' | 'intake'>;
  readonly post: Post;
  readonly address: string;
  /** The desk's clock, by which the nonce expires. */
  readonly now: () => Instant;
  /** How long to wait for the intake, milliseconds. */
  readonly patienceMs: number;
}): TestMail {
  const { store, post, address, now, patienceMs } = deps;
  return {
    async send(nonce) {
      await store.setMark(nonceMark(nonce), { used: false }, plus(now(), 24 * hour));
      const raw = await composeMail({
        from: address,
        to: address,
        subject: 'Test mail of the doctor',
        text: 'Sent by npm run doctor; the desk marks it as a test and answers nobody.\n',
        headers: { [nonceHeader]: nonce },
      });
      await post(raw, address);
      for (const end = Date.now() + patienceMs; Date.now() < end; await pause(250)) {
        const { used, mail } = (await store.mark(nonceMark(nonce))) ?? {};
        if (used === true && typeof mail === 'string') return (await store.intake(mail))?.disposition;
      }
      return undefined;
    },
  };
}
