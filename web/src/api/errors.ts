/** What the server, or the way to it, said went wrong. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly remedy?: string,
    readonly body?: unknown,
  ) {
    super(message);
  }
}

/** The words to show for anything that was thrown. */
export function explain(error: unknown): { message: string; remedy?: string } {
  if (error instanceof ApiError) return { message: error.message, remedy: error.remedy };
  if (error instanceof TypeError)
    return {
      message: "Cleanplate does not answer.",
      remedy: "See whether the command that you started is still running; your work is saved.",
    };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Whether nobody answered, as opposed to an answer that says no. */
export function unreachable(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof ApiError && error.status >= 502);
}
