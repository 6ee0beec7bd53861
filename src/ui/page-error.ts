/** A request that a page answers with what is wrong and a remedy, such as an event that is not there. */
export class PageError extends Error {
  readonly hint: string | undefined;

  constructor(
    readonly status: 400 | 404,
    message: string,
    { hint }: { readonly hint?: string } = {},
  ) {
    super(message);
    this.hint = hint;
  }
}
