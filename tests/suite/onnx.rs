//! Writes small ONNX models, so that tests can know exactly what a model does. Only what the tests need of the format
//! (`onnx.proto3`, field numbers beside each message).

/// Types of numbers.
pub(crate) const F32: u64 = 1;
pub(crate) const I64: u64 = 7;

/// An attribute of a node.
pub(crate) enum Attribute<'a> {
    Int(&'a str, i64),
    Ints(&'a str, &'a [i64]),
}

/// A model under construction; nodes in the order in which they run.
#[derive(Default)]
pub(crate) struct Onnx {
    graph: Vec<u8>,
}

impl Onnx {
    pub(crate) fn input(mut self, name: &str, dtype: u64, shape: &[i64]) -> Self {
        bytes(&mut self.graph, 11, &value_info(name, dtype, shape));
        self
    }

    pub(crate) fn output(mut self, name: &str, shape: &[i64]) -> Self {
        bytes(&mut self.graph, 12, &value_info(name, F32, shape));
        self
    }

    pub(crate) fn floats(mut self, name: &str, shape: &[i64], values: &[f32]) -> Self {
        let raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        bytes(&mut self.graph, 5, &tensor(name, F32, shape, &raw));
        self
    }

    pub(crate) fn ints(mut self, name: &str, values: &[i64]) -> Self {
        let raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let shape = [values.len() as i64];
        bytes(&mut self.graph, 5, &tensor(name, I64, &shape, &raw));
        self
    }

    /// `inputs` and `output` are names separated by spaces.
    pub(crate) fn node(self, op: &str, inputs: &str, output: &str) -> Self {
        self.node_with(op, inputs, output, &[])
    }

    pub(crate) fn node_with(
        mut self,
        op: &str,
        inputs: &str,
        output: &str,
        attributes: &[Attribute<'_>],
    ) -> Self {
        // NodeProto: input 1, output 2, op_type 4, attribute 5.
        let mut node = Vec::new();
        for input in inputs.split(' ') {
            bytes(&mut node, 1, input.as_bytes());
        }
        bytes(&mut node, 2, output.as_bytes());
        bytes(&mut node, 4, op.as_bytes());
        for attribute in attributes {
            // AttributeProto: name 1, i 3, ints 8, type 20 (INT 2, INTS 7).
            let mut message = Vec::new();
            match attribute {
                Attribute::Int(name, value) => {
                    bytes(&mut message, 1, name.as_bytes());
                    number(&mut message, 3, *value as u64);
                    number(&mut message, 20, 2);
                }
                Attribute::Ints(name, values) => {
                    bytes(&mut message, 1, name.as_bytes());
                    for value in *values {
                        number(&mut message, 8, *value as u64);
                    }
                    number(&mut message, 20, 7);
                }
            }
            bytes(&mut node, 5, &message);
        }
        bytes(&mut self.graph, 1, &node);
        self
    }

    /// The file. ModelProto: ir_version 1, graph 7, opset_import 8 (version 2). GraphProto: node 1, name 2, initializer 5,
    /// input 11, output 12.
    pub(crate) fn bytes(mut self) -> Vec<u8> {
        bytes(&mut self.graph, 2, b"test");
        let mut model = Vec::new();
        number(&mut model, 1, 8);
        bytes(&mut model, 7, &self.graph);
        let mut opset = Vec::new();
        number(&mut opset, 2, 17);
        bytes(&mut model, 8, &opset);
        model
    }
}

/// ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; its elem_type 1, shape 2; shape's dim 1; dim's value 1 or
/// name 2 (for a negative side: free).
fn value_info(name: &str, dtype: u64, shape: &[i64]) -> Vec<u8> {
    let mut sides = Vec::new();
    for &side in shape {
        let mut dim = Vec::new();
        match u64::try_from(side) {
            Ok(side) => number(&mut dim, 1, side),
            Err(_) => bytes(&mut dim, 2, b"free"),
        }
        bytes(&mut sides, 1, &dim);
    }
    let mut tensor_type = Vec::new();
    number(&mut tensor_type, 1, dtype);
    bytes(&mut tensor_type, 2, &sides);
    let mut kind = Vec::new();
    bytes(&mut kind, 1, &tensor_type);
    let mut info = Vec::new();
    bytes(&mut info, 1, name.as_bytes());
    bytes(&mut info, 2, &kind);
    info
}

/// TensorProto: dims 1, data_type 2, name 8, raw_data 9.
fn tensor(name: &str, dtype: u64, shape: &[i64], raw: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    for &side in shape {
        number(&mut message, 1, side as u64);
    }
    number(&mut message, 2, dtype);
    bytes(&mut message, 8, name.as_bytes());
    bytes(&mut message, 9, raw);
    message
}

fn varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn number(to: &mut Vec<u8>, field: u64, value: u64) {
    varint(to, field << 3);
    varint(to, value);
}

fn bytes(to: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(to, field << 3 | 2);
    varint(to, value.len() as u64);
    to.extend_from_slice(value);
}
