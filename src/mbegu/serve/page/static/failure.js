// What went wrong, in words that the reader's language has: `kind` is a name in words/*.json, `values` fill its gaps.

export class Failure extends Error {
  constructor(kind, values = {}) {
    super(kind);
    this.kind = kind;
    this.values = values;
  }
}
