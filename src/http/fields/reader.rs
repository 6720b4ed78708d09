//! Reads the fields of a model one after another and notes what is wrong with each.

use super::super::{
    error::{Detail, Fault},
    json::{Member, Object},
};

/// A field that can't be had; why, the [`Reader`] has noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted;

pub(super) struct Reader<'object> {
    object: &'object Object,
    details: Vec<Detail>,
}

impl<'object> Reader<'object> {
    pub(super) fn of(object: &'object Object) -> Self {
        Self {
            object,
            details: Vec::new(),
        }
    }

    pub(super) fn required<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&Member) -> Result<T, Fault>,
    ) -> Result<T, Noted> {
        let member = self.object.get(field).ok_or(Fault::Missing);
        self.note(field, member.and_then(parse))
    }

    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&Member) -> Result<T, Fault>,
    ) -> Result<Option<T>, Noted> {
        match self.object.get(field) {
            None | Some(Member::Null) => Ok(None),
            Some(member) => self.note(field, parse(member)).map(Some),
        }
    }

    /// The model, or all that was noted.
    pub(super) fn finish<T>(self, model: Result<T, Noted>) -> Result<T, Vec<Detail>> {
        model.map_err(|Noted| self.details)
    }

    fn note<T>(&mut self, field: &'static str, parsed: Result<T, Fault>) -> Result<T, Noted> {
        parsed.map_err(|fault| {
            self.details.push(Detail::in_body(field, &fault));
            Noted
        })
    }
}
