/** Mantine is the base of menus and drawers; looks come from our tokens, see styles/mantine.css. */
import { createTheme, Drawer, Menu, Modal, Tooltip } from '@mantine/core';

/** Scroll is locked by a class of ours: Mantine's lock adds a style element, which the security policy forbids. */
const overlay = { lockScroll: false, transitionProps: { duration: 120 } } as const;

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({ defaultProps: overlay }),
    Drawer: Drawer.extend({ defaultProps: overlay }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 100 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { multiline: true, openDelay: 250, withArrow: false } }),
  },
});
