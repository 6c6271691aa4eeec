import { Monitor, Moon, Sun } from "lucide-react";
import { setTheme, useTheme, type Theme } from "../state/theme";
import { IconButton } from "./Button";
import { Menu } from "./Menu";

const THEMES: { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: "system", label: "As the system", icon: Monitor },
  { theme: "light", label: "Light", icon: Sun },
  { theme: "dark", label: "Dark", icon: Moon },
];

/** Light or dark, or whatever the system is. */
export function ThemeMenu() {
  const chosen = useTheme((state) => state.theme);
  const Icon = THEMES.find(({ theme }) => theme === chosen)!.icon;
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="Appearance">
          <Icon size={16} />
        </IconButton>
      }
      parts={THEMES.map(({ theme, label, icon: Icon }) => ({
        label,
        icon: <Icon size={15} />,
        checked: theme === chosen,
        onSelect: () => setTheme(theme),
      }))}
    />
  );
}
