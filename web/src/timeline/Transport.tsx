import {
  ChevronFirst,
  ChevronLast,
  Pause,
  Play,
  SkipBack,
  SkipForward,
  StepBack,
  StepForward,
  TrendingDown,
  Volume2,
  VolumeX,
  X,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { Project } from "../api/types";
import { changeProject, setEnd } from "../editor/actions";
import { goWeakest, goShot, playPause, step } from "../editor/moves";
import { rateText, timecode } from "../lib/time";
import { editor, useEditor } from "../state/editor";
import { IconButton } from "../ui/Button";

/** Playing, stepping, in and out, and where we are. */
export function Transport({ project, onZoom }: { project: Project; onZoom: (by: number) => void }) {
  const speed = useEditor((state) => state.speed);
  const { frames, rate, has_audio } = project.clip;
  const several = (project.shots?.length ?? 1) > 1;
  return (
    <div className="transport" role="toolbar" aria-label="Playback">
      <Place project={project} />
      <div className="transport-buttons">
        {several && (
          <IconButton label="Previous shot" keys="PgUp" onClick={() => goShot(-1)}>
            <SkipBack size={15} />
          </IconButton>
        )}
        <IconButton label="To the start" keys="Home" onClick={() => editor.set({ frame: 0, speed: 0 })}>
          <ChevronFirst size={17} />
        </IconButton>
        <IconButton label="Back one frame" keys="←" onClick={() => step(-1)}>
          <StepBack size={15} />
        </IconButton>
        <IconButton label={speed ? "Pause" : "Play"} keys="Space" onClick={playPause}>
          {speed ? <Pause size={17} fill="currentColor" /> : <Play size={17} fill="currentColor" />}
        </IconButton>
        <IconButton label="On one frame" keys="→" onClick={() => step(1)}>
          <StepForward size={15} />
        </IconButton>
        <IconButton label="To the end" keys="End" onClick={() => editor.set({ frame: frames - 1, speed: 0 })}>
          <ChevronLast size={17} />
        </IconButton>
        {several && (
          <IconButton label="Next shot" keys="PgDn" onClick={() => goShot(1)}>
            <SkipForward size={15} />
          </IconButton>
        )}
      </div>
      <div className="transport-end">
        <span className="transport-fact number">
          {speed && speed !== 1 ? <strong>{speed}×</strong> : `${rateText(rate)} fps`}
        </span>
        <span className="transport-fact" title={has_audio ? "Played with sound" : "The clip has no sound"}>
          {has_audio ? <Volume2 size={14} aria-label="with sound" /> : <VolumeX size={14} aria-label="no sound" />}
        </span>
        <i className="transport-line" />
        <button type="button" className="mark-button" aria-label="Set in here" onClick={() => setEnd("in", editor.get().frame)} title="Set in here (I)">
          In
        </button>
        <button type="button" className="mark-button" aria-label="Set out here" onClick={() => setEnd("out", editor.get().frame)} title="Set out here (O)">
          Out
        </button>
        {project.range && (
          <IconButton small label="Clear in and out" keys="X" side="top" onClick={() => void changeProject({ range: null })}>
            <X size={14} />
          </IconButton>
        )}
        <i className="transport-line" />
        <IconButton label="To the weakest frame" keys="W" side="top" onClick={() => void goWeakest()}>
          <TrendingDown size={15} />
        </IconButton>
        <IconButton label="Zoom the timeline out" side="top" onClick={() => onZoom(1 / 1.6)}>
          <ZoomOut size={15} />
        </IconButton>
        <IconButton label="Zoom the timeline in" side="top" onClick={() => onZoom(1.6)}>
          <ZoomIn size={15} />
        </IconButton>
      </div>
    </div>
  );
}

function Place({ project }: { project: Project }) {
  const frame = useEditor((state) => state.frame);
  const { rate, frames } = project.clip;
  return (
    <div className="place number">
      <output aria-label="Timecode">{timecode(frame, rate)}</output>
      <span className="place-of">/ {timecode(frames - 1, rate)}</span>
      <label className="place-frame">
        <span className="visually-hidden">Frame</span>
        <input
          key={frame}
          defaultValue={frame}
          inputMode="numeric"
          aria-label="Frame"
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          onBlur={(event) => {
            const to = Number.parseInt(event.target.value, 10);
            if (Number.isFinite(to)) editor.set({ frame: Math.max(0, Math.min(frames - 1, to)), speed: 0 });
            else event.target.value = String(frame);
          }}
        />
      </label>
    </div>
  );
}
