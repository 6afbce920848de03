/** Numbers in [0, 1) that a seed determines (mulberry32), so that a failed run can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** In another order, as the numbers say. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all;
}

/** A throttle, a 5xx, a lost answer or a kill between two steps. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/**
 * A port whose every call may fail before it happens (throttled, killed before) or after it happened (the answer
 * lost, killed after): with both, a run dies at every await there is.
 */
export function faulty<T extends object>(port: T, fails: () => 'before' | 'after' | 'not'): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const when = fails();
        if (when === 'before') throw new Fault(`${String(name)} was throttled`);
        const result: unknown = await value.apply(target, args);
        if (when === 'after') throw new Fault(`the answer of ${String(name)} was lost`);
        return result;
      };
    },
  });
}
