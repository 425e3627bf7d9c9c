//! Where the eyes are and how they look, from `lookAt` (1.0) or `firstPerson` (0.x).

use glam::Vec3;
use serde_json::Value;

use super::json::{number_of, numbers_of, text_of};
use crate::avatar::face::look_at::{LookAt, Range, Ranges};

/// A range that is left out goes from 0 to this many degrees of the gaze.
const INPUT_DEG: f32 = 90.0;
/// How far an eye turns where the file does not say, degrees.
const TURN_DEG: f32 = 10.0;

/// How the file's eyes look somewhere; eyes turn as they are told to in a file that does not say.
pub(in crate::avatar) fn look_at(document: &gltf::Document) -> LookAt {
    let read = |look_at: &Value, expression: bool, keys: [&str; 4], input: &str, output: &str| {
        let scale = if expression { 1.0 } else { TURN_DEG };
        // The curves of 0.x are left out, as 1.0 did.
        let [inner, outer, down, up] = keys.map(|key| {
            let range = look_at.get(key).unwrap_or(&Value::Null);
            Range {
                input_deg: number_of(range, input).unwrap_or(INPUT_DEG).max(0.0),
                output: number_of(range, output).unwrap_or(scale),
            }
        });
        LookAt {
            by_expression: expression,
            ranges: Some(Ranges {
                inner,
                outer,
                down,
                up,
            }),
        }
    };
    if let Some(vrm) = document.extension_value("VRMC_vrm") {
        let keys = [
            "rangeMapHorizontalInner",
            "rangeMapHorizontalOuter",
            "rangeMapVerticalDown",
            "rangeMapVerticalUp",
        ];
        let Some(found) = vrm.get("lookAt").filter(|found| found.is_object()) else {
            return LookAt::default();
        };
        let expression = text_of(found, "type") == Some("expression");
        read(found, expression, keys, "inputMaxValue", "outputScale")
    } else if let Some(vrm) = document.extension_value("VRM") {
        let keys = [
            "lookAtHorizontalInner",
            "lookAtHorizontalOuter",
            "lookAtVerticalDown",
            "lookAtVerticalUp",
        ];
        let Some(found) = vrm.get("firstPerson").filter(|found| found.is_object()) else {
            return LookAt::default();
        };
        let expression = text_of(found, "lookAtTypeName") == Some("BlendShape");
        read(found, expression, keys, "xRange", "yRange")
    } else {
        LookAt::default()
    }
}

/// The middle between the eyes in the space of the head bone, metres, where the file says so.
pub(in crate::avatar) fn eyes_from_head(document: &gltf::Document) -> Option<Vec3> {
    let offset = if let Some(vrm) = document.extension_value("VRMC_vrm") {
        Vec3::from(numbers_of::<3>(vrm.get("lookAt")?, "offsetFromHeadBone")?)
    } else {
        let vrm = document.extension_value("VRM")?;
        let offset = vrm.pointer("/firstPerson/firstPersonBoneOffset")?;
        let [x, y, z] = ["x", "y", "z"].map(|key| number_of(offset, key));
        // Unity's +Z is forward; a 0.x file looks along -Z.
        Vec3::new(x?, y?, -z?)
    };
    // What is left at zero was not measured.
    (offset.y > 0.01).then_some(offset)
}
