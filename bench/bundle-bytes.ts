import { codeBytes, otherFunctions, waitedFor, withBundles } from './bundles.ts';
import { type Findings, main } from './report.ts';

/*
 * P3: minified KB (1,024 bytes, as the bundler counts) of all code in a function's folder that can ever be loaded
 * there, lazy chunks and workers included; what a browser is served is not code of the function.
 */

const measure = (): Promise<Findings> =>
  withBundles((bundles) => {
    const kilobytes = (name: Parameters<typeof bundles>[0]): number => codeBytes(bundles, name) / 1024;
    const others = otherFunctions
      .map((name) => ({ name, size: kilobytes(name) }))
      .toSorted((a, b) => b.size - a.size);
    const figure = (value: number, unit: string, bar: number) =>
      ({ bench: 'bundle-bytes', value, unit, bar, kind: 'count' }) as const;
    return {
      figures: [
        figure(Math.max(...waitedFor.map(kilobytes)), 'KB, page function', 220),
        figure(kilobytes('receive-mail'), 'KB, mail intake', 1500),
        figure(others[0]?.size ?? Number.NaN, `KB, largest other (${others[0]?.name})`, 450),
      ],
      notes: [`others: ${others.map(({ name, size }) => `${name} ${size.toFixed(0)}`).join(', ')}`],
    };
  });

if (import.meta.main) await main(measure);
