/** A page that may be meant instead. */
export interface Choice {
  readonly text: string;
  /** The path of the page, without the base. */
  readonly href: string;
}

/** A request that a page answers with what is wrong and a remedy, such as an event that is not there. */
export class PageError extends Error {
  readonly hint: string | undefined;
  readonly choices: readonly Choice[];

  constructor(
    readonly status: 400 | 404,
    message: string,
    { hint, choices = [] }: { readonly hint?: string; readonly choices?: readonly Choice[] } = {},
  ) {
    super(message);
    this.hint = hint;
    this.choices = choices;
  }
}
