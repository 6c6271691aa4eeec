import { Brush, Eraser, Hand, MousePointerClick, ScanSearch, Spline, SquareDashed } from "lucide-react";
import type { Project, Session } from "../api/types";
import { FindPopover } from "../objects/FindPopover";
import { editor, useEditor, type Tool } from "../state/editor";
import { IconButton } from "../ui/Button";

const TOOLS: { tool: Tool; label: string; keys: string; icon: React.ReactNode; points: boolean }[] = [
  { tool: "click", label: "Click", keys: "V", icon: <MousePointerClick size={18} />, points: true },
  { tool: "box", label: "Box", keys: "R", icon: <SquareDashed size={18} />, points: true },
  { tool: "scribble", label: "Scribble", keys: "S", icon: <Spline size={18} />, points: true },
  { tool: "brush", label: "Brush", keys: "B", icon: <Brush size={18} />, points: false },
  { tool: "erase", label: "Eraser", keys: "E", icon: <Eraser size={18} />, points: false },
  { tool: "pan", label: "Hand", keys: "H", icon: <Hand size={18} />, points: false },
];

/** What the pointer does on the stage. */
export function ToolRail({ project, session }: { project: Project; session: Session | undefined }) {
  const tool = useEditor((state) => state.tool);
  return (
    <nav className="rail" aria-label="Tools">
      <div role="toolbar" aria-orientation="vertical" aria-label="Pointing and painting">
        {TOOLS.map((each) => (
          <IconButton
            key={each.tool}
            label={each.label}
            keys={each.keys}
            side="right"
            aria-pressed={tool === each.tool}
            onClick={() => editor.setTool(each.tool)}
          >
            {each.icon}
          </IconButton>
        ))}
      </div>
      <i className="rail-line" />
      <FindPopover project={project} session={session}>
        <IconButton label="Find people, cars, …" keys="F" side="right">
          <ScanSearch size={18} />
        </IconButton>
      </FindPopover>
    </nav>
  );
}
