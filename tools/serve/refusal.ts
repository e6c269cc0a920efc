/** An error that the user can mend: shown as its message alone, without a stack. */
export class Refusal extends Error {
  override name = "Refusal";
}
