import type { Log } from '#contracts/log.ts';

/**
 * One line of JSON a message, as CloudWatch Logs finds fields in it; only registered messages with ids and numbers
 * (`#contracts/log.ts`). Written to the stream itself: the runtime's console would put words of its own before it.
 */
export function createLog(write = (line: string): unknown => process.stdout.write(`${line}\n`)): Log {
  return ({ level, code, text }, fields = {}) => {
    const { POWERTOOLS_SERVICE_NAME: service, _X_AMZN_TRACE_ID: trace } = process.env;
    const timestamp = new Date().toISOString();
    const traced = /\bRoot=([^;]+)/.exec(trace ?? '')?.[1];
    const line = { level: level.toUpperCase(), message: text, timestamp, service, trace: traced, code };
    write(JSON.stringify({ ...line, ...fields }));
  };
}
