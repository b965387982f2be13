export function inspect() { return {}; }
export function typeProblems() { return []; }
