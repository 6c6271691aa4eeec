/** The part of the clip that the timeline shows: from `first` on, `span` frames over `width`. */
export interface Scale {
  first: number;
  span: number;
  width: number;
}

export const toX = (scale: Scale, frame: number) => ((frame - scale.first) / scale.span) * scale.width;

export const toFrame = (scale: Scale, x: number) => scale.first + (x / scale.width) * scale.span;

/** Frames between marks, so that marks are at least `room` pixels apart: 1, 2, 5, then whole seconds. */
export function markStep(scale: Scale, rate: number, room: number): number {
  const least = (room / scale.width) * scale.span;
  const base = Math.max(1, Math.round(rate));
  const steps = [1, 2, 5, 10, base, 2 * base, 5 * base, 10 * base, 15 * base, 30 * base];
  for (let minute = 60 * base; minute < 1e9; minute *= 2) steps.push(minute, 5 * minute);
  return steps.sort((a, b) => a - b).find((step) => step >= least) ?? steps.at(-1)!;
}

export function zoomScale(scale: Scale, about: number, by: number, frames: number): Scale {
  const span = Math.min(frames, Math.max(Math.min(12, frames), scale.span / by));
  const share = (about - scale.first) / scale.span;
  return slide({ ...scale, span }, about - share * span, frames);
}

export function slide(scale: Scale, first: number, frames: number): Scale {
  return { ...scale, first: Math.max(0, Math.min(frames - scale.span, first)) };
}
