//! What people see: the pages for staff, the widget's frame, and the headers that guard them.

pub mod csp;
pub mod next_path;
pub mod staff;
pub mod template;
pub mod widget;
