//! Checked reading of glTF accessors: any component type, strides, sparse values, normalised integers.

use gltf::accessor::{DataType, Dimensions};

use super::container::{Buffers, malformed};
use crate::avatar::error::{Error, Result};

/// The most elements one accessor may have: far more than a host can be drawn with.
const MAX_ELEMENTS: usize = 3_000_000;

/// Reads accessors of one file.
pub(in crate::avatar) struct Reader<'a> {
    /// The file or what the bytes were called.
    pub(in crate::avatar) name: &'a str,
    /// The bytes of each buffer, and what reading them may still cost.
    pub(in crate::avatar) buffers: &'a Buffers<'a>,
}

/// Where elements lie in a buffer.
struct Source<'a> {
    bytes: &'a [u8],
    stride: usize,
    kind: DataType,
    width: usize,
    count: usize,
}

impl Reader<'_> {
    /// All elements as floats, `N` components each; missing components are zero, further ones are left out. Integers are
    /// scaled to 0..=1 or -1..=1 where the accessor says `normalized`.
    pub(in crate::avatar) fn floats<const N: usize>(
        &self,
        accessor: &gltf::Accessor<'_>,
    ) -> Result<Vec<[f32; N]>> {
        self.first_floats(accessor, MAX_ELEMENTS)
    }

    /// The first `most` elements, as [`Reader::floats`].
    pub(in crate::avatar) fn first_floats<const N: usize>(
        &self,
        accessor: &gltf::Accessor<'_>,
        most: usize,
    ) -> Result<Vec<[f32; N]>> {
        let count = self.count(accessor)?.min(most);
        self.buffers.budget.take_many::<[f32; N]>(count)?;
        let mut elements = vec![[0.0; N]; count];
        let normalized = accessor.normalized();
        if let Some(source) = self.dense(accessor)? {
            for (index, element) in elements.iter_mut().enumerate() {
                source.read(index, normalized, element);
            }
        }
        if let Some((indices, values)) = self.sparse(accessor)? {
            for slot in 0..indices.count {
                let place = indices.integer(slot, 0) as usize;
                if place >= accessor.count() {
                    return Err(self.bad(accessor, "a sparse index is out of range"));
                }
                if let Some(element) = elements.get_mut(place) {
                    values.read(slot, normalized, element);
                }
            }
        }
        Ok(elements)
    }

    /// The elements that are not zero, by rising index. Sparse accessors stay sparse; dense ones are not unpacked.
    pub(in crate::avatar) fn deltas(
        &self,
        accessor: &gltf::Accessor<'_>,
    ) -> Result<Vec<(u32, [f32; 3])>> {
        let count = self.count(accessor)?;
        let normalized = accessor.normalized();
        let sparse = match self.sparse(accessor)? {
            Some((indices, values)) => {
                self.buffers.budget.visit(indices.count)?;
                self.buffers
                    .budget
                    .take_many::<(u32, [f32; 3])>(indices.count)?;
                let mut set = Vec::with_capacity(indices.count);
                for slot in 0..indices.count {
                    let place = indices.integer(slot, 0);
                    if place as usize >= count {
                        return Err(self.bad(accessor, "a sparse index is out of range"));
                    }
                    let mut value = [0.0; 3];
                    values.read(slot, normalized, &mut value);
                    set.push((place, value));
                }
                set.sort_by_key(|(place, _)| *place);
                set.dedup_by_key(|(place, _)| *place);
                set
            }
            None => Vec::new(),
        };
        let Some(source) = self.dense(accessor)? else {
            return Ok(sparse);
        };
        self.buffers.budget.visit(count)?;
        let mut found = Vec::new();
        let mut next = sparse.iter().peekable();
        for (place, index) in (0u32..).zip(0..count) {
            let mut value = [0.0; 3];
            match next.next_if(|(sparse, _)| *sparse == place) {
                Some((_, set)) => value = *set,
                None => source.read(index, normalized, &mut value),
            }
            if value.iter().any(|v| *v != 0.0) {
                if found.len() == found.capacity() {
                    let more = found.len().max(64);
                    self.buffers.budget.take_many::<(u32, [f32; 3])>(more)?;
                    found.reserve_exact(more);
                }
                found.push((place, value));
            }
        }
        Ok(found)
    }

    /// All elements as whole numbers, `N` components each; not for float accessors.
    pub(in crate::avatar) fn integers<const N: usize>(
        &self,
        accessor: &gltf::Accessor<'_>,
    ) -> Result<Vec<[u32; N]>> {
        if accessor.data_type() == DataType::F32 {
            return Err(self.bad(accessor, "holds floats where whole numbers belong"));
        }
        let count = self.count(accessor)?;
        self.buffers.budget.take_many::<[u32; N]>(count)?;
        let mut elements = vec![[0; N]; count];
        let read = |source: &Source<'_>, index: usize, element: &mut [u32; N]| {
            for (component, value) in element.iter_mut().enumerate().take(source.width) {
                *value = source.integer(index, component);
            }
        };
        if let Some(source) = self.dense(accessor)? {
            for (index, element) in elements.iter_mut().enumerate() {
                read(&source, index, element);
            }
        }
        if let Some((indices, values)) = self.sparse(accessor)? {
            for slot in 0..indices.count {
                let place = indices.integer(slot, 0) as usize;
                let Some(element) = elements.get_mut(place) else {
                    return Err(self.bad(accessor, "a sparse index is out of range"));
                };
                read(&values, slot, element);
            }
        }
        Ok(elements)
    }

    fn count(&self, accessor: &gltf::Accessor<'_>) -> Result<usize> {
        if accessor.count() > MAX_ELEMENTS {
            return Err(Error::TooLarge {
                name: self.name.into(),
                what: "vertices or indices in one mesh",
                limit: MAX_ELEMENTS,
            });
        }
        Ok(accessor.count())
    }

    fn dense(&self, accessor: &gltf::Accessor<'_>) -> Result<Option<Source<'_>>> {
        let Some(view) = accessor.view() else {
            return Ok(None);
        };
        let width = width_of(accessor.dimensions());
        self.source(
            &view,
            accessor.offset(),
            accessor.count(),
            accessor.data_type(),
            width,
        )
        .map(Some)
        .map_err(|what| self.bad(accessor, what))
    }

    fn sparse(&self, accessor: &gltf::Accessor<'_>) -> Result<Option<(Source<'_>, Source<'_>)>> {
        let Some(sparse) = accessor.sparse() else {
            return Ok(None);
        };
        if sparse.count() > accessor.count() {
            return Err(self.bad(accessor, "more sparse values than elements"));
        }
        let kind = match sparse.indices().index_type() {
            gltf::accessor::sparse::IndexType::U8 => DataType::U8,
            gltf::accessor::sparse::IndexType::U16 => DataType::U16,
            gltf::accessor::sparse::IndexType::U32 => DataType::U32,
        };
        let indices = self
            .source(
                &sparse.indices().view(),
                sparse.indices().offset(),
                sparse.count(),
                kind,
                1,
            )
            .map_err(|what| self.bad(accessor, what))?;
        let values = self
            .source(
                &sparse.values().view(),
                sparse.values().offset(),
                sparse.count(),
                accessor.data_type(),
                width_of(accessor.dimensions()),
            )
            .map_err(|what| self.bad(accessor, what))?;
        Ok(Some((indices, values)))
    }

    fn source(
        &self,
        view: &gltf::buffer::View<'_>,
        offset: usize,
        count: usize,
        kind: DataType,
        width: usize,
    ) -> std::result::Result<Source<'_>, &'static str> {
        const OUTSIDE: &str = "reaches outside its buffer";
        let bytes = self
            .view_bytes(view)
            .and_then(|bytes| bytes.get(offset..))
            .ok_or(OUTSIDE)?;
        let element = kind.size() * width;
        let stride = view
            .stride()
            .filter(|stride| *stride > 0)
            .unwrap_or(element);
        if stride < element {
            return Err("has a stride smaller than one element");
        }
        let needed = match count.checked_sub(1) {
            None => 0,
            Some(last) => last
                .checked_mul(stride)
                .and_then(|start| start.checked_add(element))
                .ok_or(OUTSIDE)?,
        };
        if needed > bytes.len() {
            return Err(OUTSIDE);
        }
        Ok(Source {
            bytes,
            stride,
            kind,
            width,
            count,
        })
    }

    /// The bytes of a buffer view, or `None` when it reaches outside its buffer.
    pub(in crate::avatar) fn view_bytes(&self, view: &gltf::buffer::View<'_>) -> Option<&[u8]> {
        let end = view.offset().checked_add(view.length())?;
        self.buffers.get(view.buffer().index(), view.offset(), end)
    }

    fn bad(&self, accessor: &gltf::Accessor<'_>, what: &str) -> Error {
        malformed(self.name, format!("accessor {} {what}", accessor.index()))
    }
}

impl Source<'_> {
    fn read<const N: usize>(&self, index: usize, normalized: bool, into: &mut [f32; N]) {
        let size = self.kind.size();
        let start = index * self.stride;
        for (component, value) in into.iter_mut().enumerate().take(self.width) {
            *value = self.component(start + component * size, normalized);
        }
    }

    /// A component as a whole number; negative ones become 0.
    fn integer(&self, index: usize, component: usize) -> u32 {
        let at = index * self.stride + component * self.kind.size();
        match self.kind {
            DataType::U32 => u32::from_le_bytes(self.bytes_at(at)),
            DataType::U16 => u16::from_le_bytes(self.bytes_at(at)).into(),
            DataType::U8 => self.bytes[at].into(),
            DataType::I16 => u32::try_from(i16::from_le_bytes(self.bytes_at(at))).unwrap_or(0),
            DataType::I8 => u32::try_from(i8::from_le_bytes(self.bytes_at(at))).unwrap_or(0),
            DataType::F32 => 0,
        }
    }

    fn component(&self, at: usize, normalized: bool) -> f32 {
        let scale = |value: f32, most: f32| {
            if normalized {
                (value / most).max(-1.0)
            } else {
                value
            }
        };
        match self.kind {
            DataType::F32 => f32::from_le_bytes(self.bytes_at(at)),
            DataType::U32 => u32::from_le_bytes(self.bytes_at(at)) as f32,
            DataType::U16 => scale(u16::from_le_bytes(self.bytes_at(at)).into(), 65535.0),
            DataType::I16 => scale(i16::from_le_bytes(self.bytes_at(at)).into(), 32767.0),
            DataType::U8 => scale(self.bytes[at].into(), 255.0),
            DataType::I8 => scale(i8::from_le_bytes(self.bytes_at(at)).into(), 127.0),
        }
    }

    fn bytes_at<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.bytes[at..at + N]);
        bytes
    }
}

fn width_of(dimensions: Dimensions) -> usize {
    dimensions.multiplicity()
}
