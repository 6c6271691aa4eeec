/** Frames as people of this trade write them. */

/** `00:00:04:12`, or with hours left out where the clip is short. Rates are rounded to whole frames. */
export function timecode(frame: number, rate: number, long = false): string {
  const base = Math.max(1, Math.round(rate));
  const seconds = Math.floor(frame / base);
  const parts = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
    frame % base,
  ];
  const shown = long || parts[0] ? parts : parts.slice(1);
  return shown.map((part) => String(part).padStart(2, "0")).join(":");
}

/** `4.2 s`, `3 min 20 s`, `1 h 5 min`. */
export function span(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    const rest = Math.round(seconds - minutes * 60);
    return rest && minutes < 10 ? `${minutes} min ${rest} s` : `${minutes} min`;
  }
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A rough wait, for progress: never more exact than it can be. */
export function about(seconds: number): string {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 3600) return `about ${Math.ceil(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

/** When something was changed, said shortly. */
export function ago(moment: string | number): string {
  const then = typeof moment === "number" ? moment * 1000 : Date.parse(moment);
  const seconds = (Date.now() - then) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  return new Date(then).toLocaleDateString(undefined, { dateStyle: "medium" });
}

/** `4.2 MB`: decimal, as file managers say it. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `29.97`, `25`: a rate without needless noughts. */
export function rateText(rate: number): string {
  return `${Number(rate.toFixed(3))}`;
}
