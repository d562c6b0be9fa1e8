//! How a class of events is written down: once, with its names, its reader and its printer.

/// Writes an enum of events whose payloads are flat objects, with its names, parser and printer.
macro_rules! events {
    (
        $(#[$meta:meta])*
        pub enum $Enum:ident {
            $($(#[$doc:meta])* $name:literal => $Variant:ident {
                $($(#[serde($($attr:tt)*)])? $field:ident : $ty:ty),* $(,)?
            })*
        }
    ) => {
        $(#[$meta])*
        pub enum $Enum { $($(#[$doc])* $Variant { $($field: $ty),* }),* }

        impl $Enum {
            /// Every name of this class.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$Variant { .. } => $name),* }
            }

            /// Reads a payload; `None` when the name is not of this class. Unknown keys are ignored.
            pub fn parse<R: Read>(name: &str, payload: &str) -> Option<Result<Self, R::Error>> {
                match name {
                    $($name => {
                        #[derive(Deserialize)]
                        struct Payload { $($(#[serde($($attr)*)])? $field: $ty),* }
                        Some(R::read::<Payload>(payload)
                            .map(|Payload { $($field),* }| Self::$Variant { $($field),* }))
                    })*
                    _ => None,
                }
            }

            fn fields(&self, out: &mut Writer) -> Result<(), Unwritable> {
                match self {
                    $(Self::$Variant { $($field),* } => {
                        $(out.field(stringify!($field), $field)?;)*
                    })*
                }
                Ok(())
            }
        }
    };
}

pub(super) use events;
