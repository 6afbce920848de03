import type { Template } from 'aws-cdk-lib/assertions';

/** A resource of a template, as far as the tests look into it. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of any resource type; each test names those it means
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string | readonly string[];
}

/** All resources of a type, by logical id. */
export const resourcesOf = (template: Template, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(template.findResources(type)) as [string, Resource][];

/** A statement of a policy with lists where IAM allows a single text. */
export interface Statement {
  readonly where: string;
  readonly sid: string | undefined;
  readonly effect: string;
  readonly actions: readonly string[];
  /** As text: `<LogicalId.Arn>/in/*`. */
  readonly resources: readonly string[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** A value of a template as one text, with references in angle brackets. */
export function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[kind, argument] = []] = Object.entries(value);
  if (kind === 'Ref') return `<${argument}>`;
  if (kind === 'Fn::GetAtt') return `<${argument.join('.')}>`;
  if (kind === 'Fn::Join') return argument[1].map(text).join(argument[0]);
  return JSON.stringify(value);
}

/** Every statement that a role of the template is given. */
export const roleStatements = (template: Template): readonly Statement[] =>
  [...resourcesOf(template, 'AWS::IAM::Policy'), ...resourcesOf(template, 'AWS::IAM::ManagedPolicy')].flatMap(
    ([where, { Properties }]) =>
      list(Properties.PolicyDocument.Statement).map((each) => {
        const { Sid, Effect, Action, Resource } = each as Record<string, unknown>;
        return {
          where,
          sid: Sid as string | undefined,
          effect: String(Effect),
          actions: list(Action).map(String),
          resources: list(Resource).map(text),
        };
      }),
  );
