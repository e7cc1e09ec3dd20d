// How figures and times are written. Pure functions.
export function bytes(count: number | undefined): string {
  if (count === undefined) return '-';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count, unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

export function duration(seconds: number | undefined): string {
  if (seconds === undefined || Number.isNaN(seconds)) return '-';
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60), rest = whole % 60;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}

// Seconds between two of the API's times (seconds since 1970).
export function between(start: number | undefined, end: number | undefined): number | undefined {
  return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
}

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

// In the viewer's zone; the API's seconds or an ISO text.
export function localTime(time: number | string | undefined): string {
  return time === undefined ? '-' : local.format(typeof time === 'number' ? time * 1000 : Date.parse(time));
}

export function utcTime(time: number | string | undefined): string {
  if (time === undefined) return '';
  return `${new Date(typeof time === 'number' ? time * 1000 : Date.parse(time)).toISOString().replace('T', ' ').replace(/\.\d+Z$/, '')} UTC`;
}

// A figure as a table shows it: six significant digits, no trailing zeros.
export function figure(value: number | undefined): string {
  if (value === undefined) return '-';
  if (!Number.isFinite(value)) return String(value);
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(6)));
}

export type Mood = 'success' | 'error' | 'in-progress' | 'stopped' | 'pending' | 'info';

// The mood of any resource's status.
export function moodOf(status: string | undefined): Mood {
  switch (status) {
    case 'Completed':
    case 'InService':
    case 'Active':
      return 'success';
    case 'Failed':
    case 'OutOfService':
    case 'UpdateRollbackFailed':
      return 'error';
    case 'InProgress':
    case 'Creating':
    case 'Updating':
    case 'SystemUpdating':
    case 'RollingBack':
    case 'Stopping':
    case 'Deleting':
      return 'in-progress';
    case 'Stopped':
      return 'stopped';
    case undefined:
      return 'info';
    default:
      return 'pending';
  }
}

export const isRunning = (status: string | undefined): boolean => moodOf(status) === 'in-progress';

// SDKs put hyperparameters into JSON: "\"train.py\"" is train.py.
export function plain(value: string): string {
  try {
    const read: unknown = JSON.parse(value);
    return typeof read === 'string' ? read : value;
  } catch {
    return value;
  }
}
