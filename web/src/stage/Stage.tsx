import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { clickAt, embed, previewSizeOf, promptsAt } from "../editor/actions";
import type { Project } from "../api/types";
import { useRendered } from "../results/rendered";
import { editor, useEditor, type Spot } from "../state/editor";
import {
  clipped,
  drawBox,
  drawBrush,
  drawCandidates,
  drawChecker,
  drawCrosshair,
  drawLine,
  drawMasks,
  drawPicture,
  drawPrompts,
} from "./draw";
import { cutsOut } from "../lib/masked";
import { atHand, type Standin } from "./atHand";
import { pictures } from "./frames";
import { begin, type Draft, type Gesture, type Scene } from "./gestures";
import { inClip, panBy, place, toClip, toStage, zoomAbout, type Placement, type Size } from "./look";
import { masks } from "./masks";
import { bestBefore, wantAround, widthFor } from "./sources";
import { Sides } from "./Sides";
import { StageNotices } from "./StageNotices";
import { WipeHandle } from "./WipeHandle";
import "./stage.css";

/** Frames are looked at in advance once the playhead has rested this long, in milliseconds. */
const REST = 250;

/** The frame, what lies over it, and what a hand does to it. */
export function Stage({ project, canPoint }: { project: Project; canPoint: boolean }) {
  const holder = useRef<HTMLDivElement>(null);
  const scene = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const [room, setRoom] = useState<Size>({ width: 0, height: 0 });
  const draft = useRef<Draft>({ painted: null, box: null, line: null });
  const pointer = useRef<Spot | null>(null);
  const gesture = useRef<Gesture | null>(null);
  const last = useRef<Standin | null>(null);
  const cut = useRef<{ frame: number; url: string } | null>(null);
  const rendered = useRendered(project);
  const live = useRef({ project, room, rendered });
  live.current = { project, room, rendered };
  const drawing = useRef(0);

  /** Say what pictures the stage needs as it stands; where they lie, and what of the frame is shown. */
  const ask = useCallback(() => {
    const { project, room, rendered } = live.current;
    const state = editor.get();
    const clip = { width: project.clip.width, height: project.clip.height };
    const split = state.compare === "split" && !state.holding;
    const half = split ? { width: room.width / 2, height: room.height } : room;
    const placed = place(state.look, clip, half);
    const compare = state.holding ? "source" : state.compare;
    const width = widthFor(placed.width, project, state.speed);
    const { after } = wantAround(project, state.frame, compare, state.speed, width, previewSizeOf(project), rendered);
    return { split, half, placed, compare, width, after };
  }, []);

  const draw = useCallback(() => {
    const { project, room } = live.current;
    const state = editor.get();
    if (!scene.current || !marks.current || !room.width) return;
    const { split, half, placed, compare, width, after } = ask();
    const known = bestBefore(project, state.frame, width);
    if (known) last.current = known;
    const before = last.current?.picture;
    let result = after ? pictures.get(after) : undefined;
    if (compare === "cutout" && result) cut.current = { frame: state.frame, url: after! };
    // A cutout stays until what replaces it has come.
    else if (compare === "cutout" && cut.current?.frame === state.frame) result = pictures.get(cut.current.url);

    const context = ready(scene.current, room);
    const shade = () => {
      context.fillStyle = getComputedStyle(holder.current!).getPropertyValue("--film");
      context.fillRect(placed.left, placed.top, placed.width, placed.height);
    };
    const { painted } = draft.current;
    const drawn = painted?.frame === state.frame ? painted : null;
    const masked = compare === "source" && !(state.holding && state.compare !== "source");
    const shown = masked && (!state.speed || masks.isKnown(state.frame));
    const view = state.holding ? "off" : state.maskView;
    // Where masks take the picture's place, none of it may show at a rim of half a pixel.
    const covered = shown && (view === "matte" || view === "cutout");
    if (!covered) shade();
    if (compare === "wipe" && before) {
      const x = placed.left + placed.width * state.wipe;
      clipped(context, 0, 0, x, room.height, () => drawPicture(context, before, placed));
      clipped(context, x, 0, room.width - x, room.height, () => {
        drawPicture(context, result ?? before, placed);
      });
    } else if (split && before) {
      clipped(context, 0, 0, half.width, room.height, () => drawPicture(context, before, placed));
      const right = { ...placed, left: placed.left + half.width };
      clipped(context, half.width, 0, half.width, room.height, () => {
        drawPicture(context, result ?? before, right);
      });
    } else if (compare === "cutout" && result) {
      drawChecker(context, placed);
      drawPicture(context, result, placed);
    } else if (!covered && (result ?? before)) {
      drawPicture(context, result ?? before!, placed);
    }
    if (shown)
      drawMasks(
        context,
        placed,
        project.objects,
        masks.at(state.frame),
        view,
        state.object,
        drawn,
        before,
      );
    drawMarks(marks.current, placed, masked);
    // What is on screen, as opposed to what is wanted: the bench and the tests wait for it.
    marks.current.dataset.shown = known?.frame === state.frame ? String(state.frame) : "";
    marks.current.dataset.near = String(known?.frame ?? "");
  }, [ask]);

  const drawMarks = (canvas: HTMLCanvasElement, placed: Placement, masked: boolean) => {
    const { project, room } = live.current;
    const state = editor.get();
    const context = ready(canvas, room);
    if (state.speed) return;
    const object = project.objects.find((one) => one.id === state.object);
    const colour = object?.colour ?? "#ffffff";
    const pending = state.pending.filter((one) => one.frame === state.frame);
    if (masked && state.maskView !== "off" && object?.visible !== false)
      drawPrompts(context, placed, promptsAt(object, state.frame), pending, colour);
    if (state.candidates?.frame === state.frame)
      drawCandidates(context, placed, state.candidates.found, state.candidates.chosen);
    const rough = project.settings.matte_garbage;
    if (rough?.length && (state.compare === "cutout" || state.boxing || (masked && object && cutsOut(object)))) {
      const [left, top, width, height] = rough as [number, number, number, number];
      drawBox(context, toStage({ x: left, y: top }, placed), toStage({ x: left + width, y: top + height }, placed), "#ffffff", true);
    }
    const { box, line } = draft.current;
    if (box) drawBox(context, box.from, box.to, colour, true);
    if (line) drawLine(context, line.spots, line.on ? colour : "#000000", 3);
    if (state.cursor) drawCrosshair(context, toStage(state.cursor, placed), placed);
    if (pointer.current && (state.tool === "brush" || state.tool === "erase"))
      drawBrush(context, pointer.current, state.brush * placed.scale, state.tool === "erase");
  };

  const redraw = useCallback(() => {
    if (drawing.current) return;
    drawing.current = requestAnimationFrame(() => {
      drawing.current = 0;
      draw();
    });
  }, [draw]);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setRoom({ width, height });
    });
    observer.observe(holder.current!);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const stops = [pictures.subscribe(redraw), atHand.subscribe(redraw), masks.subscribe(redraw)];
    stops.push(
      useEditor.subscribe((state, before) => {
        // A leap's picture is on its way before anything is drawn, here or elsewhere on the page.
        if (state.frame !== before.frame && live.current.room.width) ask();
        redraw();
      }),
    );
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      stops.forEach((stop) => stop());
      themed.disconnect();
      cancelAnimationFrame(drawing.current);
      drawing.current = 0;
    };
  }, [ask, redraw]);

  useLayoutEffect(draw, [draw, room, project, rendered]);

  const frame = useEditor((state) => state.frame);
  const speed = useEditor((state) => state.speed);
  const tool = useEditor((state) => state.tool);
  const cursor = useEditor((state) => state.cursor);
  const marked = project.objects.length > 0;

  useEffect(() => {
    const ahead = speed ? Array.from({ length: 24 }, (_, i) => frame + i * Math.sign(speed)) : [frame, frame + 1, frame - 1];
    masks.want(marked ? ahead.filter((one) => one >= 0 && one < project.clip.frames) : []);
    if (speed || !canPoint || tool === "brush" || tool === "erase" || tool === "pan") return;
    const timer = setTimeout(() => embed(frame), REST);
    return () => clearTimeout(timer);
  }, [frame, speed, tool, canPoint, marked, project.id, project.clip.frames, project.revision]);

  const where = (event: { clientX: number; clientY: number }): Spot => {
    const box = holder.current!.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const makeScene = (): Scene => ({
    clip: project.clip,
    room,
    placed: () => place(editor.get().look, project.clip, room),
    draft: draft.current,
    redraw,
  });

  useEffect(() => {
    // React's own wheel handler is passive: the page would zoom with the stage.
    const element = holder.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { look } = editor.get();
      const mouse = event.deltaMode !== 0 || (event.deltaX === 0 && Math.abs(event.deltaY) >= 50);
      if (event.ctrlKey || event.metaKey || mouse) {
        const by = Math.exp(-event.deltaY * (event.ctrlKey && !mouse ? 0.01 : 0.0018));
        editor.set({ look: zoomAbout(look, where(event), by, project.clip, room) });
      } else {
        editor.set({ look: panBy(look, -event.deltaX, -event.deltaY, project.clip, room) });
      }
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [project.clip, room]);

  const onPointerDown = (event: React.PointerEvent) => {
    if (gesture.current || editor.get().speed) editor.set({ speed: 0 });
    if (editor.get().compare === "split" && editor.get().tool !== "pan") editor.set({ compare: "source" });
    gesture.current = begin(makeScene(), where(event), event.button, event.altKey);
    if (!gesture.current) return;
    editor.set({ cursor: null });
    // A ring is for those who came with the keyboard.
    marks.current!.dataset.byPointer = "";
    marks.current!.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: React.PointerEvent) => {
    pointer.current = where(event);
    const moves = event.nativeEvent.getCoalescedEvents?.() ?? [];
    if (gesture.current) (moves.length ? moves : [event.nativeEvent]).forEach((move) => gesture.current!.move(where(move)));
    else lightCandidate(toClip(pointer.current, makeScene().placed()));
    redraw();
  };
  const onPointerUp = (event: React.PointerEvent) => {
    const ended = gesture.current;
    gesture.current = null;
    ended?.end(where(event));
  };
  const onPointerCancel = () => {
    gesture.current?.cancel();
    gesture.current = null;
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const spot = editor.get().cursor;
    if (!spot || event.ctrlKey || event.metaKey) return;
    const { width, height } = project.clip;
    const scale = place(editor.get().look, project.clip, room).scale;
    const step = Math.max(1, (event.shiftKey ? 40 : 8) / scale);
    const moves: Record<string, Spot> = {
      ArrowLeft: { x: -step, y: 0 },
      ArrowRight: { x: step, y: 0 },
      ArrowUp: { x: 0, y: -step },
      ArrowDown: { x: 0, y: step },
    };
    const by = moves[event.key];
    if (by) {
      const x = Math.min(width - 1, Math.max(0, Math.round(spot.x + by.x)));
      const y = Math.min(height - 1, Math.max(0, Math.round(spot.y + by.y)));
      editor.set({ cursor: { x, y } });
      editor.say(`${x}, ${y}`);
    } else if (event.key === "Enter") {
      void clickAt(spot.x, spot.y, !event.altKey && !event.shiftKey);
      editor.set({ compare: "source" });
    } else if (event.key === "Backspace" || event.key === "Delete") {
      void clickAt(spot.x, spot.y, false);
    } else if (event.key === "Escape") {
      editor.set({ cursor: null });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const said = useEditor((state) => state.said);
  const boxing = useEditor((state) => state.boxing);
  const style = { cursor: boxing ? "crosshair" : tool === "pan" ? "grab" : tool === "brush" || tool === "erase" ? "none" : "crosshair" };

  return (
    <div className="stage" ref={holder} style={style}>
      <canvas ref={scene} aria-hidden />
      <canvas
        ref={marks}
        tabIndex={0}
        role="application"
        aria-roledescription="video frame"
        aria-label={
          cursor
            ? `Frame ${frame}, pointing at ${cursor.x}, ${cursor.y}`
            : `Frame ${frame} of ${project.clip.frames}`
        }
        aria-describedby="stage-help"
        data-testid="stage"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerCancel}
        onPointerLeave={() => {
          pointer.current = null;
          redraw();
        }}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={onKeyDown}
        onBlur={(event) => delete event.currentTarget.dataset.byPointer}
      />
      <p id="stage-help" className="visually-hidden">
        Press C to point with the arrow keys: Enter adds, Backspace removes, Escape ends it.
      </p>
      <p className="visually-hidden" role="status" aria-live="polite">
        {said}
      </p>
      <WipeHandle clip={project.clip} room={room} />
      <Sides clip={project.clip} room={room} />
      <StageNotices project={project} canPoint={canPoint} />
    </div>
  );
}

function lightCandidate(spot: Spot): void {
  const { candidates, frame } = editor.get();
  if (!candidates || candidates.frame !== frame) return;
  let chosen: number | null = null;
  let least = Infinity;
  candidates.found.forEach(({ box: [left, top, right, bottom] }, index) => {
    const inside = spot.x >= left! && spot.x <= right! && spot.y >= top! && spot.y <= bottom!;
    const size = (right! - left!) * (bottom! - top!);
    if (inside && size < least) [chosen, least] = [index, size];
  });
  if (chosen !== candidates.chosen) editor.set({ candidates: { ...candidates, chosen } });
}

/** Size a canvas for the screen's own pixels and clear it. */
function ready(canvas: HTMLCanvasElement, room: Size): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(room.width * ratio);
  const height = Math.round(room.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, room.width, room.height);
  return context;
}

/** Begin to point with the arrow keys, in the middle of what is seen. */
export function startPointing(project: Project): void {
  const stage = document.querySelector<HTMLCanvasElement>('[data-testid="stage"]');
  if (!stage) return;
  const { look } = editor.get();
  const middle = look.scale === null ? { x: project.clip.width / 2, y: project.clip.height / 2 } : look;
  const cursor = { x: Math.round(middle.x), y: Math.round(middle.y) };
  if (inClip(cursor, project.clip)) editor.set({ cursor, tool: "click", compare: "source" });
  delete stage.dataset.byPointer;
  stage.focus();
}
