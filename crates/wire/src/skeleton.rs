//! What crosses between JavaScript and Rust in place of values.

/// A value as text and instructions; `npm/values` builds it and takes it apart.
///
/// With an empty `program` the value is what a JSON parser makes of `text`. Else `text` is a JSON
/// array of *trees*, the first being the value's, and `program` is the JSON text of one flat list:
///
/// | instruction | meaning |
/// | --- | --- |
/// | `"D",iso` · `"n",digits` | make a node: a Date, a BigInt |
/// | `"Q",tree` · `"W",tree` · `"K",tree` | make a node: a Map, a Set, a FormData of that tree's entries |
/// | `"B",blob,name,type` | make a node: a File, or a Blob when `name` is `null` |
/// | `"h",id,tree` | make a node: a server reference, its bound arguments or `null` |
/// | `"u"` · `"N"` · `"I"` · `"-I"` · `"-0"` | make a node: undefined and the odd numbers |
/// | `"t",tree` | make a node: that tree itself, which stands in more than one place |
/// | `">",key` · `"<"` | enter a child of the current container, leave it |
/// | `"=",key,node` · `"-",key` | put a node there, delete a property |
/// | `"T",tree` | go on at the top of that tree; the program starts at tree 0 |
/// | `"R",tree,node` | the whole tree is that node |
///
/// Nodes count from 0 in the order of their making. Within a tree, places come in document order.
/// In the text a placeholder stands where a node goes: `null`, or what the sender had there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// JSON.
    pub text: String,
    /// JSON of a flat list, or empty.
    pub program: String,
}
