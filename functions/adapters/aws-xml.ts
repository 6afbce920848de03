import { parseXML } from '@aws-sdk/xml-builder';
import { type AwsAnswer, AwsError } from './aws.ts';

/** An element's content: its text, or its children by name; a name that comes twice is a list. */
export type Xml = string | { readonly [name: string]: Xml } | readonly Xml[] | undefined;

/** A child of an element, and of that, and so on; undefined where one is missing. */
export const within = (xml: Xml, ...names: readonly string[]): Xml =>
  names.reduce<Xml>(
    (at, name) =>
      typeof at === 'object' && !Array.isArray(at) ? (at as Record<string, Xml>)[name] : undefined,
    xml,
  );

export const textOf = (xml: Xml): string | undefined => (typeof xml === 'string' ? xml : undefined);

/** However often an element stands there. */
export const listOf = (xml: Xml): readonly Xml[] =>
  xml === undefined || xml === '' ? [] : Array.isArray(xml) ? xml : [xml];

/** The document of an answer; an empty one where it is not XML, as a proxy's error page is not. */
export function documentOf({ body }: AwsAnswer): Xml {
  try {
    return body.length > 0 ? (parseXML(body.toString('utf8')) as Xml) : {};
  } catch {
    return {};
  }
}

/** The refusal of a service that answers in XML, where the answer says it is one; without one, what the status says. */
export function xmlError(answer: AwsAnswer): AwsError | undefined {
  return answer.status < 300 ? undefined : refusalIn(answer);
}

/** A refusal is one flat element, alone or in a frame: two words are read out of it, whether the rest is XML or not. */
export function refusalIn(answer: AwsAnswer): AwsError {
  const body = answer.body.toString('utf8');
  const code =
    /<Code>([^<]+)<\/Code>/.exec(body)?.[1] ?? (answer.status === 404 ? 'NotFound' : 'UnknownError');
  return new AwsError(code, /<Message>([^<]+)<\/Message>/.exec(body)?.[1] ?? code, answer);
}
