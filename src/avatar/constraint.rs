//! Node constraints (VRMC_node_constraint 1.0): twist bones, sleeves and helper bones that follow other bones.
//!
//! Formulas are those of the specification's example implementations.

use std::collections::BTreeMap;

use glam::{Mat4, Quat, Vec3};
use serde_json::Value;

use super::rig::{Node, rotation_of};

/// More constraints than any avatar has; further ones are left out.
const MAX_CONSTRAINTS: usize = 512;
/// No skeleton is deeper.
const MAX_DEPTH: usize = 512;

/// How a node follows another.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// It takes over the source's turn about this axis.
    Roll(Vec3),
    /// This axis of it points at the source.
    Aim(Vec3),
    /// It takes over the source's turn.
    Rotation,
}

/// One constraint.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// The node that follows.
    node: usize,
    source: usize,
    kind: Kind,
    /// How much of the turn is taken over, 0..=1.
    weight: f32,
    node_rest: Quat,
    source_rest: Quat,
}

/// The constraints of a file in an order in which each comes after those it depends on. What is broken or goes in a circle
/// is left out with a warning.
pub(super) fn read(
    document: &gltf::Document,
    nodes: &[Node],
    warnings: &mut Vec<String>,
) -> Vec<Constraint> {
    let mut found = Vec::new();
    for node in document.nodes() {
        let Some(extension) = node.extension_value("VRMC_node_constraint") else {
            continue;
        };
        if found.len() == MAX_CONSTRAINTS {
            warnings.push(format!(
                "more than {MAX_CONSTRAINTS} node constraints: the rest was left out"
            ));
            break;
        }
        match Constraint::parse(node.index(), extension, nodes) {
            Ok(constraint) => found.push(constraint),
            Err(what) => warnings.push(format!(
                "the constraint of node {} was left out: {what}",
                node.index()
            )),
        }
    }
    in_order(found, nodes, warnings)
}

impl Constraint {
    /// Whether it takes over the roll of `source`.
    pub(super) fn rolls_with(&self, source: usize) -> bool {
        self.source == source && matches!(self.kind, Kind::Roll(_)) && self.weight > 0.0
    }

    fn parse(node: usize, extension: &Value, nodes: &[Node]) -> Result<Self, &'static str> {
        let constraint = extension.get("constraint").ok_or("it is empty")?;
        let (kind, told) = if let Some(roll) = constraint.get("roll") {
            let axis = match roll.get("rollAxis").and_then(Value::as_str) {
                Some("X") => Vec3::X,
                Some("Y") => Vec3::Y,
                Some("Z") => Vec3::Z,
                _ => return Err("its rollAxis is not X, Y or Z"),
            };
            (Kind::Roll(axis), roll)
        } else if let Some(aim) = constraint.get("aim") {
            let axis = match aim.get("aimAxis").and_then(Value::as_str) {
                Some("PositiveX") => Vec3::X,
                Some("NegativeX") => Vec3::NEG_X,
                Some("PositiveY") => Vec3::Y,
                Some("NegativeY") => Vec3::NEG_Y,
                Some("PositiveZ") => Vec3::Z,
                Some("NegativeZ") => Vec3::NEG_Z,
                _ => return Err("its aimAxis is not PositiveX, NegativeX, ..."),
            };
            (Kind::Aim(axis), aim)
        } else if let Some(rotation) = constraint.get("rotation") {
            (Kind::Rotation, rotation)
        } else {
            return Err("it is neither roll nor aim nor rotation");
        };
        let source = told
            .get("source")
            .and_then(Value::as_u64)
            .and_then(|source| usize::try_from(source).ok())
            .filter(|source| *source < nodes.len())
            .ok_or("its source is no node of the file")?;
        if source == node {
            return Err("its source is the node itself");
        }
        #[allow(clippy::cast_possible_truncation, reason = "a weight")]
        let weight = told.get("weight").and_then(Value::as_f64).unwrap_or(1.0) as f32;
        Ok(Self {
            node,
            source,
            kind,
            weight: weight.clamp(0.0, 1.0),
            node_rest: rotation_of(&nodes[node].parent_from_node),
            source_rest: rotation_of(&nodes[source].parent_from_node),
        })
    }

    /// The nodes whose constraints must be solved before this one.
    fn waits_for(&self, nodes: &[Node]) -> Vec<usize> {
        let above = |node| {
            let up = std::iter::successors(Some(node), |node: &usize| nodes[*node].parent);
            up.take(MAX_DEPTH)
        };
        match self.kind {
            // Where a node stands depends on all it hangs on.
            Kind::Aim(_) => {
                let parent = nodes[self.node].parent;
                above(self.source)
                    .chain(parent.into_iter().flat_map(above))
                    .collect()
            }
            Kind::Roll(_) | Kind::Rotation => vec![self.source],
        }
    }

    /// Turns the node in `local`, the matrices of all nodes to their parents. `model_from` gives where a node stands.
    pub(super) fn apply(
        &self,
        local: &mut [Mat4],
        nodes: &[Node],
        model_from: impl Fn(&[Mat4], Option<usize>) -> Mat4,
    ) {
        let source = rotation_of(&local[self.source]);
        let from_rest = self.source_rest.inverse() * source;
        let target = match self.kind {
            Kind::Rotation => self.node_rest * from_rest,
            Kind::Roll(axis) => {
                let in_parent = self.source_rest * from_rest * self.source_rest.inverse();
                let turn = self.node_rest.inverse() * in_parent * self.node_rest;
                let swing = Quat::from_rotation_arc(axis, (turn * axis).normalize_or(axis));
                self.node_rest * swing.inverse() * turn
            }
            Kind::Aim(axis) => {
                let parent = model_from(local, nodes[self.node].parent);
                let at = parent.transform_point3(local[self.node].w_axis.truncate());
                let goal = model_from(local, Some(self.source)).w_axis.truncate();
                let parent = rotation_of(&parent);
                let from = (parent * self.node_rest * axis).normalize_or(axis);
                let turn = Quat::from_rotation_arc(from, (goal - at).normalize_or(from));
                parent.inverse() * turn * parent * self.node_rest
            }
        };
        let turned = self.node_rest.slerp(target, self.weight);
        if turned.is_finite() {
            let (scale, _, place) = local[self.node].to_scale_rotation_translation();
            local[self.node] =
                Mat4::from_scale_rotation_translation(scale, turned.normalize(), place);
        }
    }
}

/// Sorts constraints so that each comes after those it waits for; one of each circle is left out.
fn in_order(
    mut open: Vec<Constraint>,
    nodes: &[Node],
    warnings: &mut Vec<String>,
) -> Vec<Constraint> {
    let mut order = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let place_of: BTreeMap<usize, usize> = (0..).zip(&open).map(|(i, c)| (c.node, i)).collect();
        let waits: Vec<Vec<usize>> = open
            .iter()
            .map(|one| {
                let others = one.waits_for(nodes).into_iter();
                others
                    .filter_map(|node| place_of.get(&node).copied())
                    .collect()
            })
            .collect();
        let mut state = vec![Visit::New; open.len()];
        let mut circle = None;
        for one in 0..open.len() {
            visit(one, &waits, &mut state, &mut order, &mut circle);
        }
        let Some(cut) = circle else { break };
        warnings.push(format!(
            "the constraint of node {} waits for itself in a circle: it was left out",
            open[cut].node
        ));
        open.remove(cut);
        order.clear();
    }
    order.into_iter().map(|one| open[one].clone()).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Depth first, with a stack of its own; tells one member of a circle.
fn visit(
    first: usize,
    waits: &[Vec<usize>],
    state: &mut [Visit],
    order: &mut Vec<usize>,
    circle: &mut Option<usize>,
) {
    let mut stack = vec![(first, 0)];
    while let Some((one, next)) = stack.pop() {
        if next == 0 {
            if state[one] == Visit::Done {
                continue;
            }
            if state[one] == Visit::Open {
                *circle = Some(one);
                continue;
            }
            state[one] = Visit::Open;
        }
        if let Some(&other) = waits[one].get(next) {
            stack.push((one, next + 1));
            stack.push((other, 0));
        } else {
            state[one] = Visit::Done;
            order.push(one);
        }
    }
}
