import { RotateCw, X } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Project } from "../api/types";
import { setEnd, theRange, track } from "../editor/actions";
import { goTo, step } from "../editor/moves";
import { timecode } from "../lib/time";
import { useRendered } from "../results/rendered";
import { editor, useEditor } from "../state/editor";
import { Button, IconButton } from "../ui/Button";
import { Filmstrip } from "./Filmstrip";
import { markStep, slide, toFrame, toX, zoomScale, type Scale } from "./scale";
import { Track } from "./Track";
import { Transport } from "./Transport";
import { Waveform } from "./Waveform";
import "./timeline.css";

/** What the time at a mark takes, in pixels: at the end there is only the mark where it has no room. */
const LABEL = 68;

/** The clip from left to right, with what is known of each object. */
export function Timeline({ project }: { project: Project }) {
  const { frames, rate } = project.clip;
  const area = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState<Scale>({ first: 0, span: frames, width: 0 });

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width } = entry!.contentRect;
      setScale((known) => ({ ...known, width }));
    });
    observer.observe(area.current!);
    return () => observer.disconnect();
  }, []);

  // What is said at the corner stands above the timeline, whatever its height.
  useLayoutEffect(() => {
    const { style } = document.documentElement;
    const whole = area.current!.closest<HTMLElement>(".timeline")!;
    const observer = new ResizeObserver(() => style.setProperty("--timeline", `${whole.offsetHeight}px`));
    observer.observe(whole);
    return () => {
      observer.disconnect();
      style.removeProperty("--timeline");
    };
  }, []);

  const onZoom = useCallback(
    (by: number) => setScale((known) => zoomScale(known, editor.get().frame, by, frames)),
    [frames],
  );

  useEffect(() => {
    const element = area.current!.parentElement!;
    const onWheel = (event: WheelEvent) => {
      const left = area.current!.getBoundingClientRect().left;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const by = Math.exp(-event.deltaY * 0.003);
        setScale((known) => zoomScale(known, toFrame(known, event.clientX - left), by, frames));
      } else if (event.deltaX || event.shiftKey) {
        event.preventDefault();
        const dx = event.deltaX || event.deltaY;
        setScale((known) => slide(known, known.first + (dx / known.width) * known.span, frames));
      }
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [frames]);

  // The playhead is kept in sight while it moves.
  useEffect(
    () =>
      useEditor.subscribe((state, before) => {
        if (state.frame === before.frame) return;
        setScale((known) => {
          if (known.span >= frames) return known;
          const beyond = state.frame >= known.first + known.span || state.frame < known.first;
          return beyond ? slide(known, state.frame - known.span * 0.1, frames) : known;
        });
      }),
    [frames],
  );

  const scrub = (event: React.PointerEvent) => {
    const left = area.current!.getBoundingClientRect().left;
    goTo(Math.floor(toFrame(scale, event.clientX - left)));
  };
  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    scrub(event);
  };
  const onPointerMove = (event: React.PointerEvent) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) scrub(event);
  };

  const marks = [];
  const every = markStep(scale, rate, 76);
  const from = Math.floor(scale.first / every) * every;
  for (let frame = from; frame < scale.first + scale.span && scale.width; frame += every) {
    const left = toX(scale, frame);
    marks.push(
      <span key={frame} style={{ left }}>
        {left + LABEL <= scale.width && timecode(frame, rate)}
      </span>,
    );
  }

  return (
    <section className="timeline" aria-label="Timeline">
      <Transport project={project} onZoom={onZoom} />
      <div className="timeline-body">
        <div className="timeline-area" ref={area}>
          <div
            className="ruler number"
            onPointerDown={onPointerDown}
            onPointerMove={onPointerMove}
            aria-hidden
          >
            {marks}
          </div>
          <div className="film" data-testid="film" onPointerDown={onPointerDown} onPointerMove={onPointerMove}>
            <Filmstrip project={project} scale={scale} />
            <RenderedBand project={project} scale={scale} />
          </div>
          {project.clip.has_audio && (
            <div className="sound" data-name="Sound" onPointerDown={onPointerDown} onPointerMove={onPointerMove}>
              <Waveform project={project} scale={scale} />
            </div>
          )}
          <RangeEnds project={project} scale={scale} area={area} />
        </div>
        <div className="tracks">
          {project.objects.map((object) => (
            <Track key={object.id} project={project} object={object} scale={scale} />
          ))}
          {!project.objects.length && (
            <p className="tracks-empty">Each thing that you point at gets a track here.</p>
          )}
        </div>
        <div className="playhead-area">
          <Playhead frames={frames} rate={rate} scale={scale} />
          <StretchTools scale={scale} />
        </div>
      </div>
    </section>
  );
}

function Playhead({ frames, rate, scale }: { frames: number; rate: number; scale: Scale }) {
  const frame = useEditor((state) => state.frame);
  const x = toX(scale, frame + 0.5);
  if (x < -1 || x > scale.width + 1) return null;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageUp: -10, PageDown: 10 };
    const by = steps[event.key];
    if (by === undefined) return;
    step(event.shiftKey ? by * 10 : by);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="playhead"
      role="slider"
      tabIndex={0}
      aria-label="Playhead"
      aria-valuemin={0}
      aria-valuemax={frames - 1}
      aria-valuenow={frame}
      aria-valuetext={`Frame ${frame}, ${timecode(frame, rate)}`}
      style={{ transform: `translateX(${x}px)` }}
      onKeyDown={onKeyDown}
    />
  );
}

/** Which frames have a result: a line under the thumbnails. */
function RenderedBand({ project, scale }: { project: Project; scale: Scale }) {
  const rendered = useRendered(project);
  const spans: [number, number][] = [];
  for (const frame of [...rendered].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last && last[1] === frame) last[1] = frame + 1;
    else spans.push([frame, frame + 1]);
  }
  return (
    <div className="rendered" role="img" aria-label={`Result ready on ${rendered.size} frames`}>
      {spans.map(([first, end]) => (
        <i key={first} style={{ left: toX(scale, first), width: toX(scale, end) - toX(scale, first) }} />
      ))}
    </div>
  );
}

/** In and out: what is outside is dimmed, the ends are dragged or moved by arrow keys. */
function RangeEnds({
  project,
  scale,
  area,
}: {
  project: Project;
  scale: Scale;
  area: React.RefObject<HTMLDivElement | null>;
}) {
  const [drag, setDrag] = useState<{ which: "in" | "out"; frame: number } | null>(null);
  if (!project.range && !drag) return null;
  let [first, end] = theRange(project);
  if (drag?.which === "in") first = Math.min(drag.frame, end - 1);
  if (drag?.which === "out") end = Math.max(drag.frame + 1, first + 1);
  const left = Math.max(0, toX(scale, first));
  const right = Math.min(scale.width, toX(scale, end));
  const handle = (which: "in" | "out") => {
    const value = which === "in" ? first : end - 1;
    const at = (event: React.PointerEvent) => {
      const x = event.clientX - area.current!.getBoundingClientRect().left;
      return Math.max(0, Math.min(project.clip.frames - 1, Math.round(toFrame(scale, x) - (which === "in" ? 0 : 1))));
    };
    return (
      <div
        className={`range-end ${which}`}
        role="slider"
        tabIndex={0}
        aria-label={which === "in" ? "In" : "Out"}
        aria-valuemin={0}
        aria-valuemax={project.clip.frames - 1}
        aria-valuenow={value}
        style={{ left: which === "in" ? toX(scale, first) : toX(scale, end) }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ which, frame: value });
        }}
        onPointerMove={(event) => drag && setDrag({ which, frame: at(event) })}
        onPointerUp={() => {
          if (drag && drag.frame !== value) setEnd(which, drag.frame);
          else if (drag) setEnd(which, value);
          setDrag(null);
        }}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (!by) return;
          setEnd(which, value + by);
          event.preventDefault();
          event.stopPropagation();
        }}
      />
    );
  };
  return (
    <>
      <div className="outside" style={{ left: 0, width: left }} />
      <div className="outside" style={{ left: right, right: 0 }} />
      <div className="inside" style={{ left, width: Math.max(0, right - left) }} />
      {handle("in")}
      {handle("out")}
    </>
  );
}

/** What can be done with a stretch of frames that was dragged over. */
function StretchTools({ scale }: { scale: Scale }) {
  const stretch = useEditor((state) => state.stretch);
  if (!stretch) return null;
  const { object, first, end } = stretch;
  const middle = (toX(scale, first) + toX(scale, end)) / 2;
  return (
    <div className="stretch-tools" style={{ left: Math.max(110, Math.min(scale.width - 110, middle)) }}>
      <Button look="primary" onClick={() => void track([object], first, end)}>
        <RotateCw size={13} /> Track {first}–{end - 1} again
      </Button>
      <IconButton small label="Leave it" keys="Esc" onClick={() => editor.set({ stretch: null })}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
