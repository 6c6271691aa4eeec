import { useEffect, useMemo, useState } from "react";
import { useWaveform } from "../api/queries";
import type { Project } from "../api/types";
import { toFrame, type Scale } from "./scale";

const HEIGHT = 20;

/** Pixels from one bar to the next. */
const APART = 2;

/** What is seen of a clip comes before what is heard: milliseconds. */
const LATER = 1000;

/** How loud the clip is, under its thumbnails. */
export function Waveform({ project, scale }: { project: Project; scale: Scale }) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), LATER);
    return () => clearTimeout(timer);
  }, []);
  const { data } = useWaveform(project.id, due);
  const { frames } = project.clip;
  const bars = useMemo(() => (data ? outline(data.peaks, frames, scale) : ""), [data, frames, scale]);
  return (
    <svg className="waveform" height={HEIGHT} role="img" aria-label="How loud the sound is">
      <path d={bars} />
    </svg>
  );
}

/** A bar for every other pixel, as high as the loudest moment there. */
function outline(peaks: number[], frames: number, scale: Scale): string {
  const place = (x: number) => Math.floor((toFrame(scale, x) / frames) * peaks.length);
  let path = "";
  for (let x = 0; x < scale.width; x += APART) {
    const first = place(x);
    let loudest = 0;
    for (let at = first; at < Math.max(first + 1, place(x + APART)); at++)
      loudest = Math.max(loudest, peaks[at] ?? 0);
    // By its root, so that speech is seen beside a bang.
    const tall = Math.max(1, Math.sqrt(loudest) * HEIGHT);
    path += `M${x + 0.5} ${((HEIGHT - tall) / 2).toFixed(1)}v${tall.toFixed(1)}`;
  }
  return path;
}
