// What AWS permits as the name of a resource; empty where it is one.
export function nameProblem(name: string): string {
  if (name.length === 0) return 'A name is needed.';
  if (name.length > 63) return 'A name has at most 63 characters.';
  return /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(name) ? '' : 'A name has letters, digits and hyphens, and begins and ends with a letter or digit.';
}

// Of general purpose buckets; what begins or ends so is S3's own.
export function bucketNameProblem(name: string): string {
  if (name.length < 3 || name.length > 63) return 'A bucket name has 3 to 63 characters.';
  if (!/^[a-z0-9.-]*$/.test(name)) return 'A bucket name has lower-case letters, digits, hyphens and dots.';
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name) || name.includes('..')) return 'A bucket name begins and ends with a letter or digit, and has no two dots side by side.';
  if (/^\d+(\.\d+){3}$/.test(name)) return 'A bucket name does not look like an IP address.';
  return /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name) ? 'This beginning or end of a bucket name is reserved.' : '';
}

// A folder is an object whose key ends with a slash: the key has at most 1024 bytes.
export function folderNameProblem(prefix: string, name: string): string {
  if (name.length === 0) return 'A name is needed.';
  if (name.includes('/')) return 'A folder name has no slash.';
  if (name === '.' || name === '..') return 'A browser cannot go to a folder of that name.';
  return new TextEncoder().encode(`${prefix}${name}/`).length > 1024 ? 'The name is too long: with its folders it has at most 1024 bytes.' : '';
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
