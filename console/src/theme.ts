// Light or dark: what the system asks for, unless the user has chosen here.
import { applyMode, Mode } from '@cloudscape-design/global-styles';

const key = 'clary-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  const chosen = localStorage.getItem(key);
  return chosen ? chosen === 'dark' : system.matches;
}

export function followTheme(): void {
  const apply = () => applyMode(isDark() ? Mode.Dark : Mode.Light);
  apply();
  system.addEventListener('change', apply);
}

export function switchTheme(): void {
  localStorage.setItem(key, isDark() ? 'light' : 'dark');
  applyMode(isDark() ? Mode.Dark : Mode.Light);
}
