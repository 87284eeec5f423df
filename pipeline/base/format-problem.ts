// Why a file cannot be read: what was found, what was expected, what to do next. A step that throws one refuses its input (exit 65).
export interface ProblemDetail {
  readonly found: string;
  readonly expected: string;
  readonly advice: string;
  /** 1-based. */
  readonly line?: number;
}

export class FormatProblem extends Error {
  readonly path: string;
  readonly detail: ProblemDetail;
  constructor(path: string, detail: ProblemDetail) {
    super(`${path}${detail.line === undefined ? '' : `:${detail.line}`} found ${detail.found}; expected ${detail.expected}. ${detail.advice}`);
    this.name = 'FormatProblem';
    this.path = path;
    this.detail = detail;
  }
}
