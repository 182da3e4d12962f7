"""Addresses of the questions: /inquiries/lots-shipped/."""

from django.urls import URLPattern, path

from traceability.inquiries import QUESTIONS
from traceability.views.inquiries import pages

inquiry_patterns: list[URLPattern] = [
    path("inquiries/", pages.asked_at_once, name="inquiries"),
    *(
        path(
            f"inquiries/{question.code}/",
            (pages.Shipped if question.about == "shipped" else pages.Inquiry).as_view(question=question),
            name=pages.page_name(question).partition(":")[2],
        )
        for question in QUESTIONS
    ),
]
