import { api, ok, refusal } from "./client";
import { ApiError, unreachable } from "./errors";
import type { Upload } from "./types";

export interface UploadProgress {
  sent: number;
  size: number;
  /** Bytes a second, lately. */
  speed: number;
  /** Whether the connection was lost and is being tried again. */
  waiting: boolean;
}

const MEMORY = "cleanplate.uploads";
const LONGEST_WAIT = 15_000;

/** Send a file piece by piece. What was sent before a cut, or before a reload, is not sent again. */
export async function upload(
  file: File,
  onProgress: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<string> {
  const begun = await resume(file, signal);
  const { id, chunk } = begun;
  let offset = begun.offset;
  let wait = 500;
  let speed = 0;
  remember(file, id);
  while (offset < file.size) {
    const started = performance.now();
    try {
      const piece = file.slice(offset, offset + chunk);
      const now = await send(id, offset, piece, signal);
      const seconds = (performance.now() - started) / 1000;
      const latest = (now - offset) / Math.max(seconds, 0.001);
      speed = speed ? speed * 0.7 + latest * 0.3 : latest;
      offset = now;
      wait = 500;
      onProgress({ sent: offset, size: file.size, speed, waiting: false });
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof ApiError && error.status === 409) {
        offset = (await ok(api.GET("/api/v1/uploads/{upload}", { params: { path: { upload: id } } }))).offset;
        continue;
      }
      if (!unreachable(error)) throw error;
      onProgress({ sent: offset, size: file.size, speed: 0, waiting: true });
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT);
      offset = (await stand(id)) ?? offset;
    }
  }
  forget(file);
  return id;
}

/** Stop for good and have the server drop what has come. */
export async function dropUpload(file: File): Promise<void> {
  const id = recall(file);
  forget(file);
  if (id) await api.DELETE("/api/v1/uploads/{upload}", { params: { path: { upload: id } } });
}

async function resume(file: File, signal: AbortSignal): Promise<Upload> {
  const known = recall(file);
  if (known) {
    const { data } = await api.GET("/api/v1/uploads/{upload}", {
      params: { path: { upload: known } },
      signal,
    });
    if (data && data.size === file.size) return data;
  }
  return ok(api.POST("/api/v1/uploads", { body: { name: file.name, size: file.size }, signal }));
}

async function send(id: string, offset: number, piece: Blob, signal: AbortSignal): Promise<number> {
  const response = await fetch(`/api/v1/uploads/${id}`, {
    method: "PATCH",
    headers: { "Upload-Offset": String(offset), "Content-Type": "application/octet-stream" },
    body: piece,
    signal,
  });
  const body = await response.json().catch(() => undefined);
  if (!response.ok) throw refusal(response.status, body);
  return (body as Upload).offset;
}

/** Where the upload stands, or null while nobody answers. */
async function stand(id: string): Promise<number | null> {
  try {
    const { data } = await api.GET("/api/v1/uploads/{upload}", { params: { path: { upload: id } } });
    return data?.offset ?? null;
  } catch {
    return null;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

const fingerprint = (file: File) => `${file.name}|${file.size}|${file.lastModified}`;

function memory(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(MEMORY) ?? "{}");
  } catch {
    return {};
  }
}

const recall = (file: File): string | undefined => memory()[fingerprint(file)];

function remember(file: File, id: string): void {
  localStorage.setItem(MEMORY, JSON.stringify({ ...memory(), [fingerprint(file)]: id }));
}

function forget(file: File): void {
  const { [fingerprint(file)]: _, ...rest } = memory();
  localStorage.setItem(MEMORY, JSON.stringify(rest));
}
