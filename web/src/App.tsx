import { QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { queries } from "./api/queries";
import { Editor } from "./editor/Editor";
import { usePlace } from "./router";
import { Start } from "./start/Start";
import { Toasts } from "./ui/toasts";

export function App() {
  const place = usePlace();
  return (
    <QueryClientProvider client={queries}>
      <Tooltip.Provider delayDuration={450} skipDelayDuration={200}>
        {place.at === "project" ? <Editor key={place.id} id={place.id} /> : <Start />}
        <Toasts />
      </Tooltip.Provider>
    </QueryClientProvider>
  );
}
