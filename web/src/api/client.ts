import createClient from "openapi-fetch";
import { ApiError } from "./errors";
import type { paths } from "./schema";

export const api = createClient<paths>({
  // Looked up at each call, so that what stands in for it in the browser's tools is seen.
  fetch: (request) => globalThis.fetch(request),
});

interface Reply {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** The data of a call. Throws `ApiError` with the server's words where it was refused. */
export async function ok<R extends Reply>(call: Promise<R>): Promise<NonNullable<R["data"]>> {
  const { data, error, response } = await call;
  if (!response.ok) throw refusal(response.status, error);
  return data as NonNullable<R["data"]>;
}

/** What the server said, as an error. */
export function refusal(status: number, body: unknown): ApiError {
  const said = (body as { error?: { message?: string; remedy?: string } } | undefined)?.error;
  if (status === 401)
    return new ApiError(
      "This tab has not been let in.",
      401,
      "Open the address that `cleanplate edit` printed, with its token.",
      body,
    );
  return new ApiError(
    said?.message ?? `The server answered with an error (${status}).`,
    status,
    said?.remedy ?? undefined,
    body,
  );
}

export function frameUrl(project: string, frame: number, width: number): string {
  return `/api/v1/projects/${project}/frames/${frame}?width=${width}`;
}

export function atHandUrl(project: string, frame: number, width: number): string {
  return `/api/v1/projects/${project}/frames/${frame}/at-hand?width=${width}`;
}

export function previewUrl(project: string, frame: number, view: string, size: number): string {
  return `/api/v1/projects/${project}/previews/${frame}?view=${view}&size=${size}`;
}

export function stripUrl(
  project: string,
  first: number,
  end: number,
  count: number,
  height: number,
): string {
  return `/api/v1/projects/${project}/strip?first=${first}&end=${end}&count=${count}&height=${height}`;
}

export function audioUrl(project: string, first: number, end: number): string {
  return `/api/v1/projects/${project}/audio?first=${first}&end=${end}`;
}
