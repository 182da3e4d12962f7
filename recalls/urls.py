"""Pages of recalls."""

from django.urls import URLPattern, URLResolver, path, re_path

from recalls import complaints, drills, files, notices, starting, views

app_name = "recalls"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.RecallList.as_view(), name="list"),
    path("complaints/", complaints.ComplaintList.as_view(), name="complaints"),
    path("complaints/record/", complaints.record, name="record_complaint"),
    path("complaints/compare/", complaints.compare, name="compare"),
    path("complaints/cause/", complaints.cause, name="cause"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
    path("complaints/<int:pk>/answer/", complaints.answer, name="answer_complaint"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("notices/<int:pk>/letter/", notices.letter, name="letter"),
    path("notices/<int:pk>/record/", notices.record, name="record_contact"),
    path("<int:pk>/notices/", notices.notices, name="notices"),
    path("<int:pk>/notices/make/", notices.make, name="make_notices"),
    path("drills/", drills.DrillList.as_view(), name="drills"),
    path("drills/draw/", drills.draw, name="draw"),
    path("open/", views.open_case, name="open"),
    path("open-mock/", views.open_case, {"is_mock": True}, name="open_mock"),
    path("<int:pk>/", views.case, name="case"),
    path("<int:pk>/starts/", starting.starts, name="starts"),
    path("<int:pk>/starts/add/", starting.add, name="add_start"),
    path("<int:pk>/starts/exclude/", starting.exclude, name="exclude_start"),
    path("<int:pk>/freeze/", starting.freeze, name="freeze"),
    path("<int:pk>/hold/", views.hold, name="hold"),
    path("<int:pk>/rev/<int:number>/report/", views.report, name="report"),
    path("<int:pk>/rev/<int:number>/pdf/", views.report_pdf, name="pdf"),
    path("<int:pk>/rev/<int:number>/files/", files.dossier, name="dossier"),
    path("<int:pk>/rev/<int:number>/files/ask/", files.ask, name="ask_file"),
    re_path(r"^(?P<pk>[0-9]+)/(?P<tab>customers|stock|flow|balance|log)/$", views.case, name="tab"),
]
