import { editor, useEditor } from "../state/editor";
import { place, type Size } from "./look";

/** The line between before and after: dragged, or moved with the arrow keys. */
export function WipeHandle({ clip, room }: { clip: Size; room: Size }) {
  const compare = useEditor((state) => state.compare);
  const holding = useEditor((state) => state.holding);
  const wipe = useEditor((state) => state.wipe);
  const look = useEditor((state) => state.look);
  if (compare !== "wipe" || holding || !room.width) return null;
  const placed = place(look, clip, room);
  const x = placed.left + placed.width * wipe;
  const set = (to: number) => editor.set({ wipe: Math.min(1, Math.max(0, to)), wipeMoved: true });
  const onPointerMove = (event: React.PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const left = event.currentTarget.parentElement!.getBoundingClientRect().left;
    set((event.clientX - left - placed.left) / placed.width);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -0.02, ArrowRight: 0.02 };
    const by = steps[event.key];
    if (by === undefined) return;
    set(wipe + by);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="wipe"
      role="slider"
      tabIndex={0}
      aria-label="Before and after"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(wipe * 100)}
      aria-valuetext={`${Math.round(wipe * 100)} % before`}
      style={{ left: Math.min(room.width - 1, Math.max(0, x)) }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    >
      <span aria-hidden>Before</span>
      <i aria-hidden />
      <span aria-hidden>After</span>
    </div>
  );
}
