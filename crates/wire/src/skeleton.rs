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
/// | `"i",tree` | make a node: an iterator of that tree's items |
/// | `"V",blob,kind` | make a node: an `ArrayBuffer` or a view of one, by React's letter for it |
/// | `"@",kind` | make a node: a promise, a stream or an async iterable, by React's letter for it |
/// | `"*",name` | make a node: what only the client has, by the name it gave it |
/// | `"u"` · `"N"` · `"I"` · `"-I"` · `"-0"` | make a node: undefined and the odd numbers |
/// | `"t",tree` | make a node: that tree itself, which stands in more than one place |
/// | `"g",node,key` | make a node: the container that came there in another, which is a node already |
/// | `">",key` · `"<"` | enter a child of the current container, leave it |
/// | `"=",key,node` · `"-",key` | put a node there, delete a property |
/// | `"T",tree` | go on at the top of that tree; the program starts at its first |
/// | `"R",tree,node` | the whole tree is that node |
/// | `"+",node,tree` | the next item of a stream or an iterable; at the end, when all is in its place |
/// | `".",node,tree` | a promise's value, an iterable's return value, or with `null` the end; as above |
///
/// Nodes and trees count from 0 in the order of their making. Of a reply that is decoded as it comes,
/// there are several skeletons, and they count on. Within a tree, places come in document order.
/// In the text a placeholder stands where a node goes: `null`, or what the sender had there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// JSON.
    pub text: String,
    /// JSON of a flat list, or empty.
    pub program: String,
}
