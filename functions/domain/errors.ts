/** An act the rules refuse: which rule, and what would satisfy it. The page shows both; nothing was changed. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly rule: string;
  readonly remedy: string;
  /** The form field the refusal belongs to, where there is one. */
  readonly field: string | undefined;
  constructor(rule: string, message: string, remedy: string, field?: string) {
    super(message);
    this.rule = rule;
    this.remedy = remedy;
    this.field = field;
  }
}
