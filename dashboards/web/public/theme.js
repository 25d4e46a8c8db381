// Runs before the first paint, from a file because the content security policy forbids inline scripts.
(function () {
  let stored = null;
  try {
    stored = localStorage.getItem('meterline-theme');
  } catch {
    // Storage may be forbidden; the system's preference is used then.
  }
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
