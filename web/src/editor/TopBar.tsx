import {
  ArrowLeft,
  CircleHelp,
  Download,
  PanelRight,
  Redo2,
  Undo2,
} from "lucide-react";
import { useEffect, useState } from "react";
import type { Project } from "../api/types";
import { JobsButton } from "../export/JobsPanel";
import { go } from "../router";
import { editor, useEditor } from "../state/editor";
import { Button, IconButton } from "../ui/Button";
import { ThemeMenu } from "../ui/ThemeMenu";
import { changeProject, redo, undo } from "./actions";

export function TopBar({ project }: { project: Project }) {
  const side = useEditor((state) => state.side);
  return (
    <header className="topbar">
      <IconButton label="All projects" onClick={() => go("/")}>
        <ArrowLeft size={17} />
      </IconButton>
      <ProjectName project={project} />
      <span className="clip-facts number">
        {project.clip.width}×{project.clip.height}
        {project.clip.hdr ? " · HDR" : ""}
        {project.clip.bit_depth > 8 ? ` · ${project.clip.bit_depth} bit` : ""}
      </span>
      <span className="topbar-gap" />
      <IconButton
        label={project.can_undo ? `Undo: ${project.can_undo}` : "Nothing to undo"}
        keys="Ctrl Z"
        disabled={!project.can_undo}
        onClick={() => void undo()}
        data-testid="undo"
      >
        <Undo2 size={16} />
      </IconButton>
      <IconButton
        label={project.can_redo ? `Redo: ${project.can_redo}` : "Nothing to redo"}
        keys="Ctrl ⇧ Z"
        disabled={!project.can_redo}
        onClick={() => void redo()}
        data-testid="redo"
      >
        <Redo2 size={16} />
      </IconButton>
      <i className="topbar-line" />
      <JobsButton project={project.id} />
      <ThemeMenu />
      <IconButton label="Shortcuts" keys="?" onClick={() => editor.set({ dialog: "shortcuts" })}>
        <CircleHelp size={16} />
      </IconButton>
      <IconButton
        label={side ? "Hide the panel" : "Show the panel"}
        keys="D"
        aria-pressed={side}
        onClick={() => editor.set({ side: !side })}
      >
        <PanelRight size={16} />
      </IconButton>
      <Button look="primary" className="export-button" onClick={() => editor.set({ dialog: "export" })}>
        <Download size={14} /> Export
      </Button>
    </header>
  );
}

function ProjectName({ project }: { project: Project }) {
  const [name, setName] = useState(project.name);
  useEffect(() => setName(project.name), [project.name]);
  const keep = () => {
    const wanted = name.trim();
    if (!wanted || wanted === project.name) setName(project.name);
    else void changeProject({ name: wanted });
  };
  return (
    <h1 className="project-name">
      <input
        aria-label="Project name"
        value={name}
        size={Math.max(4, Math.min(36, name.length))}
        spellCheck={false}
        maxLength={120}
        onChange={(event) => setName(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setName(project.name);
        }}
      />
    </h1>
  );
}
