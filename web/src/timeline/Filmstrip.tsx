import { useEffect, useState } from "react";
import { stripUrl } from "../api/client";
import type { Project } from "../api/types";
import { toX, type Scale } from "./scale";

const HEIGHT = 44;

/** Thumbnails under the ruler; the last ones stay until those of a new part have come. */
export function Filmstrip({ project, scale }: { project: Project; scale: Scale }) {
  const { width, height, frames } = project.clip;
  const aspect = Math.max(0.4, Math.min(3, width / height));
  const first = Math.floor(scale.first);
  const end = Math.min(frames, Math.max(first + 1, Math.ceil(scale.first + scale.span)));
  const room = toX(scale, end) - toX(scale, first);
  const count = Math.max(1, Math.min(end - first, 120, Math.round(room / (HEIGHT * aspect))));
  const url = scale.width
    ? `${stripUrl(project.id, first, end, count, HEIGHT * 2)}&v=${project.clip.version}`
    : null;
  const [shown, setShown] = useState<{ url: string; first: number; end: number } | null>(null);

  useEffect(() => {
    if (!url || url === shown?.url) return;
    let stale = false;
    const timer = setTimeout(() => {
      const image = new Image();
      image.onload = () => !stale && setShown({ url, first, end });
      image.src = url;
    }, shown ? 120 : 0);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [url, first, end, shown]);

  return (
    <div className="filmstrip" aria-hidden>
      {shown && (
        <img
          src={shown.url}
          alt=""
          draggable={false}
          style={{ left: toX(scale, shown.first), width: toX(scale, shown.end) - toX(scale, shown.first) }}
        />
      )}
      {project.shots?.slice(1).map(([start]) => (
        <i key={start} className="cut" style={{ left: toX(scale, start!) }} />
      ))}
    </div>
  );
}
