// What AWS permits as the name of a resource; empty where it is one.
export function nameProblem(name: string): string {
  if (name.length === 0) return 'A name is needed.';
  if (name.length > 63) return 'A name has at most 63 characters.';
  return /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(name) ? '' : 'A name has letters, digits and hyphens, and begins and ends with a letter or digit.';
}

export function instanceTypeProblem(type: string): string {
  return /^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(type) ? '' : 'An instance type looks like ml.m5.large.';
}

export function countProblem(count: string): string {
  return /^[1-9]\d{0,3}$/.test(count) ? '' : 'At least one instance is needed.';
}

export function uriProblem(uri: string): string {
  return /^s3:\/\/[^/]+/.test(uri) ? '' : 'An S3 address looks like s3://bucket/prefix.';
}

// A name for what is made of another: its own with the time behind it, as the SDKs do.
export function nameAfter(name: string, now = new Date()): string {
  const stamp = now.toISOString().replace(/\.\d+Z$/, '').replace(/[:T]/g, '-');
  return `${name.replace(/-\d{4}(-\d\d){5}$/, '').slice(0, 63 - stamp.length - 1)}-${stamp}`;
}
